/// Cost of one training, epoch by epoch.
///
/// MACs of an epoch are its images times the MACs of the network that was trained, times three:
/// forward, input gradients, weight gradients. Scoring, evaluation, and layers other than
/// convolutions and linear layers are not included.
public struct TrainingCost: Equatable, Sendable {
  public var epochs: [Epoch]

  public struct Epoch: Equatable, Sendable {
    /// 1-based.
    public var epoch: Int
    /// Nil if the number of images is unknown.
    public var macs: Double?
    /// Wall time of training and of a pruning step; nil if it was not measured.
    public var seconds: Double?
    /// Processor time of the same.
    public var cpuSeconds: Double?
    /// The part of `seconds` that was spent on this training; the rest was taken over from another
    /// training.
    public var spentSeconds: Double?
    /// The part of both that is for a pruning step.
    public var pruningSeconds: Double?
    public var pruningCPUSeconds: Double?
    public var evaluationSeconds: Double?
    /// Energy of the processor packages during training, including other programs; nil if there are
    /// no counters.
    public var joules: Double?
  }

  public var macs: Double? { total(\.macs) }
  public var seconds: Double? { total(\.seconds) }
  public var cpuSeconds: Double? { total(\.cpuSeconds) }
  public var spentSeconds: Double? { total(\.spentSeconds) }
  public var pruningSeconds: Double? { total(\.pruningSeconds) }
  public var pruningCPUSeconds: Double? { total(\.pruningCPUSeconds) }
  public var evaluationSeconds: Double? { total(\.evaluationSeconds) }
  public var joules: Double? { total(\.joules) }

  /// Nil unless every epoch has one.
  private func total(_ part: (Epoch) -> Double?) -> Double? {
    let values = epochs.compactMap(part)
    return values.count == epochs.count && !values.isEmpty ? values.reduce(0, +) : nil
  }
}

extension Timing.Epoch {
  /// Seconds of steps and pruning.
  var trainingSeconds: Double { trainSeconds + pruningSeconds }

  var trainingCPUSeconds: Double? {
    trainCPUSeconds.flatMap { train in pruningCPUSeconds.map { train + $0 } }
  }
}

extension Report {
  /// Times of a run; nil if it has none.
  private func times(of run: RunReport) -> Timing.Run? {
    timing.runs.first { $0.seed == run.seed && $0.variant == run.variant }
  }

  /// Times of a run's epochs, by the number of the epoch.
  func timeByEpoch(of run: RunReport) -> [Int: Timing.Epoch] {
    Dictionary((times(of: run)?.epochs ?? []).map { ($0.epoch, $0) }) { first, _ in first }
  }

  public func trainingCost(of run: RunReport) -> TrainingCost {
    let timeByEpoch = timeByEpoch(of: run)
    let sharedEpochs = times(of: run)?.sharedEpochs ?? 0
    // A pruning step comes at the end of an epoch, so an epoch trains the network at the end of the
    // previous one. The first trains the baseline's, which the start weights may already have
    // pruned.
    let unpruned = run.layers.map { Double($0.macsBefore) }.reduce(0, +)
    let start = runs.first { $0.variant == "baseline" }.map { Double($0.macs) } ?? unpruned
    let trained = [start] + run.history.map { Double($0.macs) }
    let epochs = zip(run.history, trained).map { epoch, macs in
      let time = timeByEpoch[epoch.epoch]
      return TrainingCost.Epoch(
        epoch: epoch.epoch, macs: images(epoch, time).map { 3 * macs * $0 },
        seconds: time?.trainingSeconds, cpuSeconds: time?.trainingCPUSeconds,
        spentSeconds: time.map { $0.trainingSeconds - (epoch.epoch <= sharedEpochs ? $0.trainSeconds : 0) },
        pruningSeconds: time?.pruningSeconds, pruningCPUSeconds: time?.pruningCPUSeconds,
        evaluationSeconds: time?.evaluationSeconds, joules: time?.trainJoules)
    }
    return TrainingCost(epochs: epochs)
  }

  /// Training images of an epoch; for older reports, computed from images per second.
  private func images(_ epoch: EpochReport, _ time: Timing.Epoch?) -> Double? {
    if let images = epoch.images { return Double(images) }
    guard let time else { return nil }
    return (time.imagesPerSecond * time.trainSeconds).rounded()
  }
}
