/// Baseline and pruned network compared, over all seeds.
public struct Summary: Codable, Equatable, Sendable {
  public var baseline: VariantSummary?
  public var pruned: VariantSummary?
  /// Baseline top-1 minus pruned top-1, percentage points, paired by seed.
  public var accuracyDrop: Statistic?
  /// Parameters before / after.
  public var compression: Double?
  /// Share of the parameters that is gone.
  public var parameterReduction: Double?
  /// Share of the MACs that is gone.
  public var flopsReduction: Double?
  public var expectations: [ExpectationResult]

  /// What several seeds of a variant gave; sizes are means, rounded, where seeds differ.
  public struct VariantSummary: Codable, Equatable, Sendable {
    public var top1: Statistic
    public var parameters: Int
    public var macs: Int
    public var channels: Int
  }

  public init(_ runs: [RunReport], expectations: [Expectation]) {
    let baselines = runs.filter { $0.variant == "baseline" }
    let pruned = runs.filter { $0.variant == "pruned" }
    self.baseline = Self.summary(baselines)
    self.pruned = Self.summary(pruned)
    self.expectations = []
    let pairs = pruned.compactMap { run in baselines.first { $0.seed == run.seed }.map { ($0, run) } }
    guard !pairs.isEmpty else {
      self.expectations = expectations.map { $0.result(self) }
      return
    }
    let before = pairs.map(\.0)
    let after = pairs.map(\.1)
    accuracyDrop = Statistic(pairs.map { $0.0.top1 - $0.1.top1 })
    let parameters = (Self.total(before, \.parameters), Self.total(after, \.parameters))
    compression = parameters.1 > 0 ? parameters.0 / parameters.1 : nil
    parameterReduction = parameters.0 > 0 ? 1 - parameters.1 / parameters.0 : nil
    let macs = (Self.total(before, \.macs), Self.total(after, \.macs))
    flopsReduction = macs.0 > 0 ? 1 - macs.1 / macs.0 : nil
    self.expectations = expectations.map { $0.result(self) }
  }

  private static func total(_ runs: [RunReport], _ size: (RunReport) -> Int) -> Double {
    Double(runs.map(size).reduce(0, +))
  }

  private static func summary(_ runs: [RunReport]) -> VariantSummary? {
    guard let top1 = Statistic(runs.map(\.top1)) else { return nil }
    func mean(_ size: (RunReport) -> Int) -> Int {
      Int((total(runs, size) / Double(runs.count)).rounded())
    }
    return VariantSummary(
      top1: top1, parameters: mean(\.parameters), macs: mean(\.macs), channels: mean(\.channels))
  }
}

/// Mean and sample standard deviation (n - 1; 0 for a single value).
public struct Statistic: Codable, Equatable, Sendable {
  public var mean: Double
  public var std: Double
  public var n: Int

  /// Nil of no values.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    n = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    std = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
  }
}

/// A published number, and what counts as having reproduced it.
public struct Expectation: Equatable, Sendable {
  public var metric: String
  public var paper: Double?
  public var limit: Limit

  public enum Limit: Equatable, Sendable {
    case atMost(Double)
    case atLeast(Double)
  }

  public init(metric: String, paper: Double?, limit: Limit) {
    self.metric = metric
    self.paper = paper
    self.limit = limit
  }

  /// What the summary says of it; not met where the summary has no such number.
  func result(_ summary: Summary) -> ExpectationResult {
    let measured = measure(summary)
    switch limit {
    case .atMost(let bound):
      return ExpectationResult(
        metric: metric, paper: paper, measured: measured, limit: "at_most \(bound)",
        met: measured.map { $0 <= bound } ?? false)
    case .atLeast(let bound):
      return ExpectationResult(
        metric: metric, paper: paper, measured: measured, limit: "at_least \(bound)",
        met: measured.map { $0 >= bound } ?? false)
    }
  }

  private func measure(_ summary: Summary) -> Double? {
    switch metric {
    case "accuracy_drop": summary.accuracyDrop?.mean
    case "compression": summary.compression
    case "parameter_reduction": summary.parameterReduction
    case "flops_reduction": summary.flopsReduction
    case "top1": (summary.pruned ?? summary.baseline)?.top1.mean
    default: nil
    }
  }
}

/// An expectation beside what was measured.
public struct ExpectationResult: Codable, Equatable, Sendable {
  public var metric: String
  public var paper: Double?
  public var measured: Double?
  /// `at_most 0.5`, `at_least 2.2`.
  public var limit: String
  public var met: Bool
}
