import Foundation
import Specification

/// The learning rate at any step of training.
struct LearningRate: Sendable {
  private let base: Double
  private let schedule: ScheduleSpec
  private let epochs: Int
  private let fineTune: PruneSpec.FineTuneSpec?

  /// - Parameter fineTune: the fine-tuning after the epochs of `train`.
  init(_ train: TrainSpec, fineTune: PruneSpec.FineTuneSpec? = nil) {
    self.fineTune = fineTune
    base = train.optimizer.learningRate
    schedule = train.schedule
    epochs = train.epochs
  }

  /// - Parameters:
  ///   - epoch: 0-based.
  ///   - progress: completed share of the epoch, in [0, 1).
  ///
  /// `step` is multiplied by gamma at the start of the epoch after each milestone. `cosine`
  /// (Loshchilov and Hutter 2016, arXiv 1608.03983) and `one_cycle` (Smith and Topin 2017, arXiv
  /// 1708.07120, with half cosines) change with every step. Warm-up multiplies the schedule by a
  /// factor that grows linearly from 0 to 1.
  func callAsFunction(epoch: Int, progress: Double = 0) -> Double {
    if let fineTune, epoch >= epochs { return fineTune.learningRate }
    let moment = Double(epoch) + progress
    let warmup = Double(schedule.warmupEpochs)
    let rising = moment < warmup ? (moment + 1 / Double(epochs * 1000)) / warmup : 1
    return min(rising, 1) * scheduled(epoch: epoch, share: min(1, moment / Double(epochs)))
  }

  private func scheduled(epoch: Int, share: Double) -> Double {
    switch schedule.kind {
    case .constant:
      base
    case .step(let milestones, let gamma):
      base * pow(gamma, Double(milestones.count { $0 <= epoch }))
    case .cosine(let minimum):
      Self.cosine(from: base, to: minimum, share)
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      share < rise
        ? Self.cosine(from: base / initialDivisor, to: base, share / rise)
        : Self.cosine(from: base, to: base / initialDivisor / finalDivisor, (share - rise) / (1 - rise))
    }
  }

  private static func cosine(from start: Double, to end: Double, _ share: Double) -> Double {
    end + (start - end) * (1 + cos(Double.pi * share)) / 2
  }
}
