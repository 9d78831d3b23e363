import Testing

@testable import Specification

/// The value of a JSON text.
func parsed(_ text: String) -> Node? {
  (try? YAMLReader.read(Array(text.utf8), file: "text"))?.0
}

extension Node {
  func value(_ key: String) -> Node? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  fileprivate var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  fileprivate var items: [Node]? {
    if case .list(let items) = content { items } else { nil }
  }

  fileprivate var scalar: Scalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// The text of a string.
  fileprivate var string: String? { scalar.flatMap { $0.isPlain ? nil : $0.text } }
}

/// As much of a validator of JSON Schema as the experiment's schema uses.
struct JSONSchema {
  let node: Node

  init(_ text: String) { self.init(parsed(text)) }

  private init(_ node: Node?) {
    self.node = node ?? Node(content: .mapping([]), place: Place(file: "schema"))
  }

  /// This schema and the alternatives inside it.
  private var alternatives: [JSONSchema] {
    [self] + ["oneOf", "anyOf"].flatMap { (node.value($0)?.items ?? []).map { JSONSchema($0) } }
  }

  var propertyNames: Set<String> {
    Set(alternatives.flatMap { $0.node.value("properties")?.entries ?? [] }.map(\.key))
  }

  func property(_ name: String) -> JSONSchema {
    JSONSchema(alternatives.lazy.compactMap { $0.node.value("properties")?.value(name) }.first)
  }

  func accepts(_ value: Node) -> Bool {
    node.entries?.allSatisfy { accepts(value, $0.key, $0.value) } ?? false
  }

  private func accepts(_ value: Node, _ rule: String, _ argument: Node) -> Bool {
    let number = value.scalar?.number
    let bound = argument.scalar?.number ?? .nan
    switch rule {
    case "type":
      return (argument.items ?? [argument]).contains { has(value, type: $0.string ?? "") }
    case "const": return value.scalar == argument.scalar
    case "enum": return (argument.items ?? []).contains { $0.scalar == value.scalar }
    case "minimum": return number.map { $0 >= bound } ?? true
    case "maximum": return number.map { $0 <= bound } ?? true
    case "exclusiveMinimum": return number.map { $0 > bound } ?? true
    case "exclusiveMaximum": return number.map { $0 < bound } ?? true
    case "minLength": return value.string.map { Double($0.count) >= bound } ?? true
    case "maxLength": return value.string.map { Double($0.count) <= bound } ?? true
    case "pattern":
      guard let pattern = try? Regex(argument.string ?? "") else { return false }
      return value.string.map { $0.contains(pattern) } ?? true
    case "items": return value.items?.allSatisfy(JSONSchema(argument).accepts) ?? true
    case "minItems": return value.items.map { Double($0.count) >= bound } ?? true
    case "maxItems": return value.items.map { Double($0.count) <= bound } ?? true
    case "uniqueItems": return value.items.map { Set($0.map(\.found)).count == $0.count } ?? true
    case "minProperties": return value.entries.map { Double($0.count) >= bound } ?? true
    case "required":
      return value.entries == nil || (argument.items ?? []).allSatisfy { value.value($0.string ?? "") != nil }
    case "properties":
      return value.entries?.allSatisfy { entry in
        argument.value(entry.key).map { JSONSchema($0).accepts(entry.value) } ?? true
      } ?? true
    case "additionalProperties":
      return value.entries?.allSatisfy { node.value("properties")?.value($0.key) != nil } ?? true
    case "oneOf": return argument.items?.count { JSONSchema($0).accepts(value) } == 1
    case "anyOf": return argument.items?.contains { JSONSchema($0).accepts(value) } ?? false
    case "allOf": return argument.items?.allSatisfy { JSONSchema($0).accepts(value) } ?? false
    case "if":
      return JSONSchema(node.value(JSONSchema(argument).accepts(value) ? "then" : "else")).accepts(value)
    case "then", "else", "description", "default", "title", "$schema": return true
    default:
      Issue.record("unknown rule \(rule)")
      return false
    }
  }

  private func has(_ value: Node, type: String) -> Bool {
    switch type {
    case "null": value.isNull
    case "string": value.string != nil
    case "object": value.entries != nil
    case "array": value.items != nil
    case "boolean": value.scalar?.boolean != nil
    case "integer": value.scalar?.number.map { $0 == $0.rounded() } ?? false
    default: value.scalar?.number != nil
    }
  }
}
