/// A number that is null in JSON if it is not finite; null is read as NaN.
@propertyWrapper
public struct FiniteOrNull: Codable, Sendable {
  public var wrappedValue: Double

  public init(wrappedValue: Double) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    wrappedValue = try value.decodeNil() ? .nan : value.decode(Double.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(wrappedValue)
  }
}

extension FiniteOrNull: Equatable {
  /// NaN equals NaN, so that a report that was read back equals itself.
  public static func == (one: FiniteOrNull, other: FiniteOrNull) -> Bool {
    one.wrappedValue == other.wrappedValue || one.wrappedValue.isNaN && other.wrappedValue.isNaN
  }
}
