extension JSON: Codable {
  /// Decodes members in the order of their names, since decoders do not keep the original order.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    // As dictionaries, members keep their names whatever strategy the decoder has for keys.
    if let members = try? value.decode([String: JSON].self) {
      self = .object(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    } else if let items = try? value.decode([JSON].self) {
      self = .list(items)
    } else if value.decodeNil() {
      self = .null
    } else if let flag = try? value.decode(Bool.self) {
      self = .boolean(flag)
    } else if let number = try? value.decode(Int.self) {
      self = .integer(number)
    } else if let number = try? value.decode(UInt64.self) {
      self = .unsigned(number)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .object(let members): try container.encode(Dictionary(members) { first, _ in first })
    case .list(let items): try container.encode(items)
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }

  /// The canonical form, which is unchanged after writing and reading: members sorted by name,
  /// whole numbers as integers.
  public var canonical: JSON {
    switch self {
    case .object(let members):
      .object(members.sorted { $0.0 < $1.0 }.map { ($0.0, $0.1.canonical) })
    case .list(let items): .list(items.map(\.canonical))
    case .number(let value): Int(exactly: value).map { .integer($0) } ?? self
    case .unsigned(let value): Int(exactly: value).map { .integer($0) } ?? self
    default: self
    }
  }
}
