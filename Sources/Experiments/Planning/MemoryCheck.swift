import Compute
import Network
import Specification
import Training

/// Checks whether an experiment fits into the available memory.
struct MemoryCheck {
  /// Bytes of what needs most, estimated from the network's graph.
  let needed: Double
  let available: AvailableMemory
  /// The key of the setting that decides on it.
  let setting: String
  /// `a training needs`
  private let subject: String
  private let advice: String

  /// Nil if either number is unknown.
  ///
  /// - Parameters:
  ///   - threads: of each process or job
  ///   - beside: bytes of the trainings that are done at the same time; nil if this experiment has
  ///     none to do
  ///   - processes: that do each training together
  ///   - here: how many of them this machine has
  init?(
    _ spec: ExperimentSpec, available: AvailableMemory? = .current(),
    threads: Int = ProcessorLimit.current.defaultThreads, beside: [Double]? = [], processes: Int = 1,
    here: Int = 1
  ) {
    guard let available, let network = NetworkMemory.of(spec) else { return nil }
    self.available = available
    let processesOfLimit = available.limit.isOfProcess ? 1 : here
    let training = beside.map {
      Double(processesOfLimit) * $0.reduce(network.bytes(spec, threads, processes), +)
    }
    let measuring = network.bytesOfLatency(spec)
    needed = max(training ?? 0, measuring)
    if measuring > training ?? 0 {
      setting = "evaluate.latency.batch_sizes"
      let images = spec.evaluate.latencyBatchSizes.max() ?? 0
      subject = "measuring the latency of a batch of \(images) needs"
      advice = "smaller `\(setting)` need less"
    } else {
      setting = "train.batch_size"
      let trainings = 1 + (beside?.count ?? 0)
      subject =
        trainings > 1
        ? "\(trainings) trainings at the same time need"
        : processesOfLimit > 1 ? "\(processesOfLimit) processes of a training need" : "a training needs"
      let scores = network.scoring(spec, threads) == network.bytes(spec, threads, processes)
      advice = Self.advice(
        spec, trainings: trainings, threads: scores ? network.scoringThreads(spec, threads) : 1,
        storesLess: !scores)
    }
  }

  /// Bytes of one training; nil if unknown.
  static func training(_ spec: ExperimentSpec, threads: Int, processes: Int = 1) -> Double? {
    NetworkMemory.of(spec)?.bytes(spec, threads, processes)
  }

  /// - Parameters:
  ///   - threads: that need memory of their own each
  ///   - storesLess: whether bfloat16 makes a difference
  private static func advice(
    _ spec: ExperimentSpec, trainings: Int, threads: Int, storesLess: Bool
  ) -> String {
    let jobs = (trainings > 1 ? ["fewer `--jobs`"] : []) + (threads > 1 ? ["fewer `--threads`"] : [])
    let half = spec.train.precision == .float32 && storesLess ? ["`train.precision: bfloat16`"] : []
    return (jobs + ["a smaller `train.batch_size`"] + half).joined(separator: " or ") + " needs less"
  }

  /// Nil if it fits.
  var problem: String? {
    guard needed > Double(available.bytes) else { return nil }
    return
      "\(subject) about \(mebibytes(needed)) MiB, and \(mebibytes(Double(available.bytes))) MiB are available"
      + " \(available.limit.rawValue); \(advice)"
  }

  private func mebibytes(_ bytes: Double) -> Int { Int(min(bytes / 0x1p20, 1e15)) }
}

extension AvailableMemory.Limit {
  /// Whether each process has this limit for itself.
  fileprivate var isOfProcess: Bool {
    switch self {
    case .addressSpace, .data: true
    case .controlGroup, .machine: false
    }
  }
}
