import Specification

/// By how much a number may get worse without being a regression.
public enum Tolerance: Equatable, Sendable {
  /// In the number's own unit: percentage points for accuracies.
  case absolute(Double)
  /// Share of the base's value.
  case relative(Double)
  /// The number is ignored.
  case any

  /// `0.5`, `5%` or `any`; nil for anything else.
  init?(_ text: some StringProtocol) {
    if text == "any" {
      self = .any
      return
    }
    let isRelative = text.hasSuffix("%")
    guard let value = Double(isRelative ? String(text.dropLast()) : String(text)), value.isFinite, value >= 0
    else {
      return nil
    }
    self = isRelative ? .relative(value / 100) : .absolute(value)
  }

  /// The tolerance in the number's own unit.
  func allowed(_ base: Double) -> Double {
    switch self {
    case .absolute(let value): value
    case .relative(let share): share * abs(base)
    case .any: .infinity
    }
  }

  /// As in an argument, with rounded percentages.
  public var text: String {
    switch self {
    case .absolute(let value): shortNumber(value)
    case .relative(let share): "\(shortNumber((share * 100 * 1e6).rounded() / 1e6)) %"
    case .any: "any"
    }
  }
}

/// Tolerances by metric, from `metric=value` arguments.
public struct Tolerances: Equatable, Sendable {
  private var values: [DiffMetric: Tolerance] = [:]

  public init() {}

  /// - Throws: an error with the wrong argument and a suggestion.
  public init(_ arguments: [String]) throws(ReportError) {
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let path = "--tolerance \(argument)"
      guard let name = parts.first, parts.count == 2 else {
        throw ReportError(path: path, message: "expected metric=value, such as top1=0.5 or macs=5%")
      }
      guard let metric = DiffMetric(rawValue: String(name)) else {
        let names = DiffMetric.allCases.map(\.rawValue)
        let hint = nearestName(to: String(name), among: names).map { "; did you mean `\($0)`?" } ?? ""
        throw ReportError(
          path: path,
          message: "unknown metric \(quoted(String(name)))\(hint) (known: \(names.joined(separator: ", ")))")
      }
      guard let value = Tolerance(parts[1]) else {
        throw ReportError(
          path: path,
          message:
            "expected a number from 0, with % for a share of the base, or any; found \(quoted(String(parts[1])))"
        )
      }
      values[metric] = value
    }
  }

  /// The tolerance from the command line, nil if there is none.
  subscript(metric: DiffMetric) -> Tolerance? { values[metric] }
}

/// A number in short form, without a zero fraction.
func shortNumber(_ value: Double) -> String {
  Int(exactly: value).map { "\($0)" } ?? "\(value)"
}
