/// Which channels are removed while the network trains, when and how many.
public struct PruneSpec: Equatable, Sendable {
  public var criterion: String
  public var target: Target
  /// Epochs between pruning steps; of one shot, those before its step.
  public var interval: Int
  /// No pruning step after this epoch.
  public var until: Int
  public var schedule: Schedule
  /// Images that scores are computed on; nil for the whole training set.
  public var samples: Int?
  public var scope: Scope
  /// Channels kept in every layer.
  public var minimumChannels: Int
  /// Layers keep a multiple of this number of channels.
  public var roundTo: Int
  /// Patterns of layers that lose no channel.
  public var exclude: [String]
  /// The largest share of a layer's channels that is removed; nil for any.
  public var maximumLayerRatio: Double?
  /// Options of the criterion, by name; every option of the criterion is there.
  public var options: CriterionOptions

  /// What is gone after the last pruning step; ratios are in (0, 1).
  public enum Target: Equatable, Sendable {
    /// Share of the prunable channels.
    case ratio(Double)
    /// This many channels at every pruning step.
    case channelsPerStep(Int)
    /// Share of the parameters.
    case parameterRatio(Double)
    /// Share of the multiply-accumulates.
    case flopsRatio(Double)
  }

  /// Which channels of a residual network can go.
  public enum Scope: String, Equatable, Sendable, CaseIterable {
    /// Those that convolutions inside the blocks make; the residual stream keeps its width (arXiv
    /// 2002.09958).
    case block
    /// The residual streams' too, each from all layers that share it.
    case stream
  }

  /// How removal is distributed over the steps.
  public enum Schedule: Equatable, Sendable {
    /// The same number of channels at every step (arXiv 2002.09958).
    case constant
    /// Many at first, few at the end: after step k of n, 1 - (1 - k/n)^3 of it (Zhu and Gupta 2017,
    /// arXiv 1710.01878, eq. 1).
    case cubic
    /// Everything after the last epoch of an ordinary training, followed by further epochs: the
    /// conventional pipeline.
    case oneShot(FineTuneSpec)
  }

  /// Training after a pruning in one shot.
  public struct FineTuneSpec: Equatable, Sendable {
    public var epochs: Int
    /// Constant.
    public var learningRate: Double

    public init(epochs: Int, learningRate: Double) {
      self.epochs = epochs
      self.learningRate = learningRate
    }
  }

  /// Of pruning in one shot.
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

  /// Channels that a layer keeps however much is to go: the first multiple from the minimum on, if
  /// it has so many.
  public func floor(ofLayerWith channels: Int) -> Int {
    min(channels, (max(1, leastKept(of: channels == .max ? 0 : channels)) + roundTo - 1) / roundTo * roundTo)
  }

  /// Channels that a layer keeps one by one, multiples aside.
  ///
  /// - Parameter channels: those that the layer had
  public func leastKept(of channels: Int) -> Int {
    guard let maximumLayerRatio else { return minimumChannels }
    return max(minimumChannels, channels - Int((maximumLayerRatio * Double(channels)).rounded(.down)))
  }

  /// Whether channels that these layers make are kept.
  public func excludes(_ layers: [String]) -> Bool {
    exclude.contains { pattern in layers.contains { Glob(pattern).matches($0) } }
  }

  /// Epochs after which a pruning step happens, 1-based: interval, 2 * interval, ... up to `until`.
  public func steps(epochs: Int) -> [Int] {
    guard interval > 0 else { return [] }
    return Array(stride(from: interval, through: min(until, epochs), by: interval))
  }
}
