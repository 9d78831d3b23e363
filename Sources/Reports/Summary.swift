import Specification

/// Comparison of baseline and pruned network over all seeds; differences and ratios are paired by
/// seed.
public struct Summary: Codable, Equatable, Sendable {
  public var baseline: VariantSummary?
  public var pruned: VariantSummary?
  /// Baseline top-1 minus pruned top-1, percentage points.
  public var accuracyDrop: Statistic?
  /// Mean over the seeds of parameters before / after.
  public var compression: Double?
  /// Mean share of the parameters that is removed.
  public var parameterReduction: Double?
  /// Mean share of the MACs that is removed.
  public var flopsReduction: Double?
  /// Mean share of the prunable channels that is removed.
  public var channelReduction: Double?
  /// The four means above with their spread.
  public var overSeeds: Reductions?
  public var expectations: [ExpectationResult]

  /// Results of a variant over its seeds; sizes are rounded means if seeds differ.
  public struct VariantSummary: Codable, Equatable, Sendable {
    public var top1: Statistic
    /// Nil if it was not measured.
    public var top5: Statistic?
    public var testLoss: Statistic?
    public var parameters: Int
    public var macs: Int
    public var channels: Int
    /// The sizes with their spread; nil in older reports.
    public var overSeeds: Sizes?
  }

  public struct Sizes: Codable, Equatable, Sendable {
    public var parameters: Statistic
    public var macs: Statistic
    public var channels: Statistic
  }

  public struct Reductions: Codable, Equatable, Sendable {
    public var compression: Statistic?
    public var parameterReduction: Statistic?
    public var flopsReduction: Statistic?
    public var channelReduction: Statistic?
  }

  public init(_ runs: [RunReport], expectations: [ExpectationSpec]) {
    let baselines = runs.filter { $0.variant == "baseline" }
    let pruned = runs.filter { $0.variant == "pruned" }
    self.baseline = VariantSummary(baselines)
    self.pruned = VariantSummary(pruned)
    self.expectations = []
    let pairs = pruned.compactMap { run in baselines.first { $0.seed == run.seed }.map { ($0, run) } }
    if !pairs.isEmpty {
      accuracyDrop = Statistic(pairs.map { $0.0.top1 - $0.1.top1 }, within: -100...100)
      let reductions = Reductions(pairs)
      compression = reductions.compression?.mean
      parameterReduction = reductions.parameterReduction?.mean
      flopsReduction = reductions.flopsReduction?.mean
      channelReduction = reductions.channelReduction?.mean
      overSeeds = reductions
    }
    self.expectations = expectations.map { ExpectationResult($0, statistic($0.metric)) }
  }

  /// The statistics of a metric for expectations; nil if it was not measured.
  private func statistic(_ metric: String) -> Statistic? {
    switch ExpectationSpec.Metric(rawValue: metric) {
    case .accuracyDrop: accuracyDrop
    case .compression: overSeeds?.compression
    case .parameterReduction: overSeeds?.parameterReduction
    case .flopsReduction: overSeeds?.flopsReduction
    case .channelReduction: overSeeds?.channelReduction
    case .top1: (pruned ?? baseline)?.top1
    case .top5: (pruned ?? baseline)?.top5
    case .baselineTop1: baseline?.top1
    case nil: nil
    }
  }
}

extension Summary.VariantSummary {
  /// Nil without runs.
  init?(_ runs: [RunReport]) {
    let percent = 0.0...100.0
    guard let top1 = Statistic(runs.map(\.top1), within: percent), let sizes = Summary.Sizes(runs) else {
      return nil
    }
    self.init(
      top1: top1, top5: Statistic(runs.compactMap(\.top5), within: percent),
      testLoss: Statistic(runs.compactMap(\.testLoss).filter(\.isFinite), within: 0...Double.infinity),
      parameters: whole(sizes.parameters.mean), macs: whole(sizes.macs.mean),
      channels: whole(sizes.channels.mean), overSeeds: sizes)
  }
}

extension Summary.Sizes {
  /// Nil without runs.
  init?(_ runs: [RunReport]) {
    func statistic(_ size: (RunReport) -> Int) -> Statistic? {
      Statistic(runs.map { Double(size($0)) }, within: 0...Double.infinity)
    }
    guard let parameters = statistic(\.parameters), let macs = statistic(\.macs),
      let channels = statistic(\.channels)
    else { return nil }
    self.init(parameters: parameters, macs: macs, channels: channels)
  }
}

extension Summary.Reductions {
  /// Reductions from the baseline and the pruned network of each seed.
  init(_ pairs: [(before: RunReport, after: RunReport)]) {
    func reduction(_ size: (RunReport) -> Int) -> Statistic? {
      let sizes = pairs.map { (Double(size($0.before)), Double(size($0.after))) }
      return Statistic(sizes.filter { $0.0 > 0 }.map { 1 - $0.1 / $0.0 }, within: -.infinity...1)
    }
    let parameters = pairs.map { (Double($0.before.parameters), Double($0.after.parameters)) }
    self.init(
      compression: Statistic(
        parameters.filter { $0.1 > 0 }.map { $0.0 / $0.1 }, within: 0...Double.infinity),
      parameterReduction: reduction(\.parameters), flopsReduction: reduction(\.macs),
      channelReduction: reduction(\.channels))
  }
}

/// The nearest whole number; the largest one if it is too large.
func whole(_ value: Double) -> Int { Int(exactly: value.rounded()) ?? .max }
