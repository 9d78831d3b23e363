/// How the learning rate changes over the epochs.
public struct ScheduleSpec: Equatable, Sendable {
  public var kind: Kind
  /// Epochs of linear warm-up, which do not shift the schedule.
  public var warmupEpochs: Int

  public enum Kind: Equatable, Sendable {
    case constant
    /// Multiplied by `gamma` after each of the `milestones` (epochs, strictly increasing).
    case step(milestones: [Int], gamma: Double)
    /// Half a cosine from the learning rate down to `minimum`, an absolute learning rate.
    case cosine(minimum: Double)
    /// Rises from learning rate / `initialDivisor` to the learning rate over `rise` of all epochs,
    /// then falls to learning rate / `initialDivisor` / `finalDivisor`.
    case oneCycle(rise: Double, initialDivisor: Double, finalDivisor: Double)
  }

  public init(kind: Kind = .constant, warmupEpochs: Int = 0) {
    self.kind = kind
    self.warmupEpochs = warmupEpochs
  }
}
