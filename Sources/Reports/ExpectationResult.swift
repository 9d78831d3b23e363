import Specification

/// An expectation and its measured value.
public struct ExpectationResult: Codable, Equatable, Sendable {
  public var metric: String
  /// The published number.
  public var paper: Double?
  /// Mean over the seeds; nil if there is no such number.
  public var measured: Double?
  /// `at_most 0.5`, `at_least 2.2`.
  public var limit: String
  /// Whether the mean is within the limit.
  public var met: Bool
  /// Nil for fewer than three seeds.
  public var ci95: ConfidenceInterval?
  /// The verdict of the interval, which may be less certain than that of the mean; nil if there is
  /// none.
  public var ci95Verdict: Verdict?

  public enum Verdict: String, Codable, CaseIterable, Sendable {
    /// The whole interval is within the limit.
    case met
    /// The interval contains the limit.
    case open
    /// The whole interval is beyond the limit.
    case missed
  }

  init(_ expectation: ExpectationSpec, _ statistic: Statistic?) {
    metric = expectation.metric
    paper = expectation.paper
    measured = statistic?.mean
    limit = expectation.limit.text
    met = statistic.map { expectation.limit.holds(for: $0.mean) } ?? false
    ci95 = statistic?.ci95
    ci95Verdict = ci95.map { interval in
      switch (expectation.limit.holds(for: interval.low), expectation.limit.holds(for: interval.high)) {
      case (true, true): .met
      case (false, false): .missed
      default: .open
      }
    }
  }

  /// The number of a limit of this kind, `at_most` or `at_least`; nil for a limit of the other
  /// kind.
  func bound(_ kind: String) -> String? {
    let words = limit.split(separator: " ")
    return words.count == 2 && words[0] == kind ? String(words[1]) : nil
  }

  /// The end of the interval on the other side of the limit than the mean; nil if the whole
  /// interval is on one side.
  var doubtfulEnd: Double? {
    guard let ci95, ci95Verdict == .open else { return nil }
    return limit.hasPrefix("at_most") == met ? ci95.high : ci95.low
  }

  /// `value` with the given number of digits, or with more if it would otherwise be rounded to the
  /// other side of the limit, next to which it is shown.
  func text(_ value: Double, digits: Int, _ text: (_ value: Double, _ digits: Int) -> String) -> String {
    guard let limit = parsedLimit else { return text(value, digits) }
    // With twelve digits, rounding is finer than the tolerance of limits.
    for count in digits...max(digits, 12) {
      let shown = text(value, count)
      let number = Double(shown.replacing("−", with: "-"))
      if number.map({ limit.holds(for: $0) }) == limit.holds(for: value) { return shown }
    }
    return text(value, digits)
  }

  private var parsedLimit: ExpectationSpec.Limit? {
    func number(_ kind: String) -> Double? { bound(kind).flatMap { Double($0) } }
    return number("at_most").map { .atMost($0) } ?? number("at_least").map { .atLeast($0) }
  }
}

extension ExpectationSpec.Limit {
  func holds(for value: Double) -> Bool {
    switch self {
    case .atMost(let bound): !exceeds(value, bound)
    case .atLeast(let bound): !exceeds(bound, value)
    }
  }

  fileprivate var text: String {
    switch self {
    case .atMost(let bound): "at_most \(bound)"
    case .atLeast(let bound): "at_least \(bound)"
    }
  }
}
