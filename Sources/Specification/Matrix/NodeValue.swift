/// The value of a node without its notation and location: numbers and booleans are compared by
/// value, mappings in any order.
indirect enum NodeValue: Hashable {
  case null
  case flag(Bool)
  case number(Double)
  /// A whole number that no `Double` is equal to, such as a large seed.
  case whole(UInt64)
  case text(String)
  case list([NodeValue])
  case mapping([String: NodeValue])

  init(_ node: Node) {
    switch node.content {
    case .scalar where node.isNull: self = .null
    case .scalar(let scalar):
      if scalar.isWholeNumber, let whole = UInt64(scalar.text), Double(exactly: whole) == nil {
        self = .whole(whole)
      } else if let number = scalar.number {
        self = .number(number)
      } else if let flag = scalar.boolean {
        self = .flag(flag)
      } else {
        self = .text(scalar.text)
      }
    case .list(let items): self = .list(items.map(NodeValue.init))
    case .mapping(let entries):
      self = .mapping(Dictionary(entries.map { ($0.key, NodeValue($0.value)) }) { _, last in last })
    }
  }
}
