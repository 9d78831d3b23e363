/// The value of a criterion's option: a number or a word.
public enum OptionValue: Equatable, Sendable {
  case number(Double)
  case word(String)

  public var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  public var word: String? {
    if case .word(let value) = self { value } else { nil }
  }

  var json: JSON {
    switch self {
    case .number(let value): .number(value)
    case .word(let value): .string(value)
    }
  }
}

extension OptionValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(stringLiteral value: String) { self = .word(value) }
}

/// Options of a criterion, by name.
public typealias CriterionOptions = [String: OptionValue]
