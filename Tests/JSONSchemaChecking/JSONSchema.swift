import Specification

/// As much of a validator of JSON Schema as the program's own schemas use; for tests.
package struct JSONSchema {
  package let rules: JSON

  /// - Parameter text: a schema as JSON.
  package init(_ text: String) throws {
    rules = try yamlDocument(text, file: "schema")
  }

  private init(_ rules: JSON?) { self.rules = rules ?? .object([]) }

  /// This schema and the alternatives inside it.
  private var alternatives: [JSONSchema] {
    [self] + ["oneOf", "anyOf"].flatMap { (rules[$0]?.items ?? []).map { JSONSchema($0) } }
  }

  package var propertyNames: Set<String> {
    Set(alternatives.flatMap { $0.rules["properties"]?.members ?? [] }.map(\.0))
  }

  /// The schema of a member; one that accepts everything where there is none.
  package func property(_ name: String) -> JSONSchema {
    JSONSchema(alternatives.lazy.compactMap { $0.rules["properties"]?[name] }.first)
  }

  /// The schema of a list's items.
  package var items: JSONSchema { JSONSchema(rules["items"]) }

  package func accepts(_ value: JSON) -> Bool { problems(value).isEmpty }

  /// What a document breaks: `runs[0].top1: minimum 0`.
  package func problems(_ value: JSON, at path: String = "") -> [String] {
    (rules.members ?? []).flatMap { problems(value, path, $0.0, $0.1) }
  }

  /// Paths in a document that the schema does not name, and that are not keys of a map.
  package func unnamed(_ value: JSON, at path: String = "") -> [String] {
    if let list = value.items {
      return list.enumerated().flatMap { items.unnamed($0.element, at: "\(path)[\($0.offset)]") }
    }
    guard rules["additionalProperties"] == nil, rules["properties"] != nil else { return [] }
    return (value.members ?? []).flatMap { name, value in
      propertyNames.contains(name)
        ? property(name).unnamed(value, at: "\(path).\(name)") : ["\(path).\(name)"]
    }
  }

  private func problems(_ value: JSON, _ path: String, _ rule: String, _ argument: JSON) -> [String] {
    switch rule {
    case "items":
      return (value.items ?? []).enumerated().flatMap {
        JSONSchema(argument).problems($0.element, at: "\(path)[\($0.offset)]")
      }
    case "properties":
      return (value.members ?? []).flatMap { name, value in
        argument[name].map { JSONSchema($0).problems(value, at: "\(path).\(name)") } ?? []
      }
    case "additionalProperties" where argument.members != nil:
      return (value.members ?? []).flatMap { JSONSchema(argument).problems($0.1, at: "\(path).\($0.0)") }
    case "patternProperties":
      return (value.members ?? []).flatMap { name, value in
        (argument.members ?? []).filter { Self.matches(name, $0.0) }.flatMap {
          JSONSchema($0.1).problems(value, at: "\(path).\(name)")
        }
      }
    case "required":
      let missing = (argument.items ?? []).compactMap(\.string).filter {
        value.members != nil && value[$0] == nil
      }
      return missing.map { "\(path): \($0) is missing" }
    default: return holds(value, rule, argument) ? [] : ["\(path): \(rule) \(argument.text())"]
    }
  }

  private func holds(_ value: JSON, _ rule: String, _ argument: JSON) -> Bool {
    let bound = argument.double ?? .nan
    func alternatives() -> Int { (argument.items ?? []).count { JSONSchema($0).accepts(value) } }
    switch rule {
    case "type": return (argument.items ?? [argument]).contains { has(value, type: $0.string ?? "") }
    case "const": return value == argument
    case "enum": return (argument.items ?? []).contains(value)
    case "minimum": return value.double.map { $0 >= bound } ?? true
    case "maximum": return value.double.map { $0 <= bound } ?? true
    case "exclusiveMinimum": return value.double.map { $0 > bound } ?? true
    case "exclusiveMaximum": return value.double.map { $0 < bound } ?? true
    case "minLength": return value.string.map { Double($0.count) >= bound } ?? true
    case "maxLength": return value.string.map { Double($0.count) <= bound } ?? true
    case "pattern":
      guard let pattern = try? Regex(argument.string ?? "") else { return false }
      return value.string.map { $0.contains(pattern) } ?? true
    case "minItems": return value.items.map { Double($0.count) >= bound } ?? true
    case "maxItems": return value.items.map { Double($0.count) <= bound } ?? true
    case "minProperties": return value.members.map { Double($0.count) >= bound } ?? true
    case "uniqueItems": return value.items.map { Set($0.map { $0.text() }).count == $0.count } ?? true
    case "additionalProperties":
      return value.members?.allSatisfy { rules["properties"]?[$0.0] != nil || matchesPattern($0.0) } ?? true
    case "oneOf": return alternatives() == 1
    case "anyOf": return alternatives() > 0
    case "not": return !JSONSchema(argument).accepts(value)
    case "allOf": return alternatives() == argument.items?.count
    case "if": return JSONSchema(rules[JSONSchema(argument).accepts(value) ? "then" : "else"]).accepts(value)
    case "then", "else", "description", "default", "title", "$schema": return true
    // A rule that this validator does not know is a problem of every document.
    default: return false
    }
  }

  /// Whether a further property may have this name.
  private func matchesPattern(_ name: String) -> Bool {
    (rules["patternProperties"]?.members ?? []).contains { Self.matches(name, $0.0) }
  }

  private static func matches(_ name: String, _ pattern: String) -> Bool {
    (try? Regex(pattern)).map { name.contains($0) } ?? false
  }

  private func has(_ value: JSON, type: String) -> Bool {
    switch type {
    case "null": value == .null
    case "string": value.string != nil
    case "object": value.members != nil
    case "array": value.items != nil
    case "boolean": value == .boolean(true) || value == .boolean(false)
    case "integer": value.double.map { $0 == $0.rounded() } ?? false
    default: value.double != nil
    }
  }
}

extension JSON {
  fileprivate var members: [(String, JSON)]? {
    if case .object(let members) = self { members } else { nil }
  }

  fileprivate var items: [JSON]? {
    if case .list(let items) = self { items } else { nil }
  }

  fileprivate var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  fileprivate var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
