/// Pruning settings: which channels are removed while the network trains, when and how many.
public struct PruneSpec: Equatable, Sendable {
  public var criterion: String
  public var target: Target
  /// Epochs between pruning steps; for one-shot pruning, the epochs before its step.
  public var interval: Int
  /// No pruning step after this epoch.
  public var until: Int
  public var schedule: Schedule
  /// Number of images for scores; nil for the whole training set.
  public var samples: Int?
  public var scope: Scope
  /// Smallest number of channels in any layer.
  public var minimumChannels: Int
  /// Layers keep a multiple of this number of channels.
  public var roundTo: Int
  /// Patterns of layers that are not pruned.
  public var exclude: [String]
  /// Largest share of a layer's channels that may be removed; nil for any.
  public var maximumLayerRatio: Double?
  /// Options of the criterion, by name; every option of the criterion is there.
  public var options: CriterionOptions

  /// The target after the last pruning step; ratios are in (0, 1).
  public enum Target: Equatable, Sendable {
    /// Share of the prunable channels.
    case ratio(Double)
    /// Number of channels to remove at every pruning step.
    case channelsPerStep(Int)
    /// Share of the parameters.
    case parameterRatio(Double)
    /// Share of the multiply-accumulates.
    case flopsRatio(Double)
  }

  /// The channels of a residual network that can be removed.
  public enum Scope: String, Equatable, Sendable, CaseIterable {
    /// Those of convolutions inside the blocks; the residual stream keeps its width (arXiv
    /// 2002.09958).
    case block
    /// Also those of residual streams, each from all layers that share it.
    case stream
  }

  /// How removal is distributed over the steps.
  public enum Schedule: Equatable, Sendable {
    /// The same number of channels at every step (arXiv 2002.09958).
    case constant
    /// Many at first, few at the end: after step k of n, 1 - (1 - k/n)^3 of the target (Zhu and
    /// Gupta 2017, arXiv 1710.01878, eq. 1).
    case cubic
    /// All at once after the last epoch of an ordinary training, followed by fine-tuning: the
    /// conventional pipeline.
    case oneShot(FineTuneSpec)
  }

  /// Fine-tuning after one-shot pruning.
  public struct FineTuneSpec: Equatable, Sendable {
    public var epochs: Int
    /// Constant.
    public var learningRate: Double

    public init(epochs: Int, learningRate: Double) {
      self.epochs = epochs
      self.learningRate = learningRate
    }
  }

  /// The fine-tuning of one-shot pruning.
  public var fineTune: FineTuneSpec? {
    if case .oneShot(let fineTune) = schedule { fineTune } else { nil }
  }

  public init(
    criterion: String = "feature_relevance", target: Target, interval: Int, until: Int,
    schedule: Schedule = .constant, samples: Int? = nil, scope: Scope = .block, minimumChannels: Int = 1,
    roundTo: Int = 1, exclude: [String] = [], maximumLayerRatio: Double? = nil,
    options: CriterionOptions = [:]
  ) {
    self.criterion = criterion
    self.target = target
    self.interval = interval
    self.until = until
    self.schedule = schedule
    self.samples = samples
    self.scope = scope
    self.minimumChannels = minimumChannels
    self.roundTo = roundTo
    self.exclude = exclude
    self.maximumLayerRatio = maximumLayerRatio
    self.options = options
  }

  /// The floor of a layer: the first multiple from the minimum on, if it has enough channels.
  ///
  /// - Parameters:
  ///   - channels: the original number of channels of the layer
  ///   - width: channels that a grouped convolution ties to each other. All numbers are then of
  ///     sets of this size, here and below.
  public func floor(ofLayerWith channels: Int, width: Int) -> Int {
    min(channels, multiple(from: leastKept(of: channels, width: width), width: width))
  }

  /// Minimum number of channels of a layer, without regard to multiples.
  ///
  /// - Parameter channels: the original number of channels of the layer
  public func leastKept(of channels: Int, width: Int) -> Int {
    guard let maximumLayerRatio else { return minimum(width: width) }
    return max(
      minimum(width: width), channels - Int((maximumLayerRatio * Double(channels)).rounded(.down)))
  }

  /// The first multiple that has the minimum number of channels.
  public func leastMultiple(width: Int) -> Int {
    multiple(from: minimum(width: width), width: width)
  }

  /// Layers keep a multiple of this number of sets: the smallest number for which they keep a
  /// multiple of `round_to` channels.
  public func multiple(width: Int) -> Int {
    var (divisor, rest) = (roundTo, width)
    while rest > 0 { (divisor, rest) = (rest, divisor % rest) }
    return roundTo / divisor
  }

  private func minimum(width: Int) -> Int { (minimumChannels + width - 1) / width }

  private func multiple(from least: Int, width: Int) -> Int {
    let multiple = multiple(width: width)
    return (least + multiple - 1) / multiple * multiple
  }

  /// Hidden units of a classifier that steps with a target of channels per step remove: at each, 22
  /// of 512, as the program of arXiv 2002.09958.
  ///
  /// - Parameter steps: not whole with a schedule that divides the target unevenly.
  public static func hiddenUnits(of all: Int, steps: Double) -> Int {
    Int((22.0 / 512 * Double(all) * steps).rounded())
  }

  /// Whether channels that these layers compute are excluded from pruning.
  public func excludes(_ layers: [String]) -> Bool {
    exclude.contains { pattern in layers.contains { Glob(pattern).matches($0) } }
  }

  /// Epochs after which a pruning step happens, 1-based: interval, 2 * interval, ... up to `until`.
  public func steps(epochs: Int) -> [Int] {
    guard interval > 0 else { return [] }
    return Array(stride(from: interval, through: min(until, epochs), by: interval))
  }
}
