/// Any YAML text as a tree, with aliases expanded; an empty text is null.
///
/// - Parameter file: the name for errors.
public func yamlDocument(_ text: String, file: String) throws(SpecificationError) -> JSON {
  let document = try YAMLReader.read(Array(text.utf8), file: file)
  if !document.diagnostics.isEmpty { throw SpecificationError(diagnostics: document.diagnostics) }
  return document.root.map(JSON.init) ?? .null
}

extension JSON {
  init(_ node: Node) {
    switch node.content {
    case .mapping(let entries): self = .object(entries.map { ($0.key, JSON($0.value)) })
    case .list(let items): self = .list(items.map { JSON($0) })
    case .scalar(let scalar):
      if node.isNull {
        self = .null
      } else if let flag = scalar.boolean {
        self = .boolean(flag)
      } else if scalar.isWholeNumber, let value = Int(scalar.text) {
        self = .integer(value)
      } else if scalar.isWholeNumber, let value = UInt64(scalar.text) {
        self = .unsigned(value)
      } else if let value = scalar.number {
        self = .number(value)
      } else {
        self = .string(scalar.text)
      }
    }
  }
}
