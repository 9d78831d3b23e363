/// Which channels are removed while the network trains, when and how many.
public struct PruneSpec: Equatable, Sendable {
  public var criterion: String
  public var target: Target
  /// Epochs between pruning steps.
  public var interval: Int
  /// No pruning step after this epoch.
  public var until: Int
  /// Images that scores are computed on; nil for the whole training set.
  public var samples: Int?
  /// Channels kept in every layer.
  public var minimumChannels: Int
  /// Layers keep a multiple of this many channels.
  public var roundTo: Int
  /// Options of the criterion, by name; every option of the criterion is there.
  public var options: [String: Double]

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

  public init(
    criterion: String = "feature_relevance", target: Target, interval: Int, until: Int, samples: Int? = nil,
    minimumChannels: Int = 1, roundTo: Int = 1, options: [String: Double] = [:]
  ) {
    self.criterion = criterion
    self.target = target
    self.interval = interval
    self.until = until
    self.samples = samples
    self.minimumChannels = minimumChannels
    self.roundTo = roundTo
    self.options = options
  }

  /// Epochs after which a pruning step happens, 1-based: interval, 2 * interval, ... up to `until`.
  public func steps(epochs: Int) -> [Int] {
    guard interval > 0 else { return [] }
    return Array(stride(from: interval, through: min(until, epochs), by: interval))
  }
}
