import Architectures
import Compute
import Network
import Pruning
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
    threads: Int = ProcessorLimit.defaultThreads(), beside: [Double]? = [], processes: Int = 1, here: Int = 1
  ) {
    guard let available, let network = NetworkMemory.of(spec) else { return nil }
    self.available = available
    let processesOfLimit = available.limit.isOfProcess ? 1 : here
    let training = beside.map {
      Double(processesOfLimit) * $0.reduce(network.bytes(spec, threads, processes), +)
    }
    let images = spec.evaluate.latencyBatchSizes.max() ?? 0
    let measuring = network.bytes(evaluating: images, precision: Precision(spec.evaluate.precision))
    needed = max(training ?? 0, measuring)
    if measuring > training ?? 0 {
      setting = "evaluate.latency.batch_sizes"
      subject = "measuring the latency of a batch of \(images) needs"
      advice = "smaller `\(setting)` need less"
    } else {
      setting = "train.batch_size"
      let trainings = 1 + (beside?.count ?? 0)
      subject =
        trainings > 1
        ? "\(trainings) trainings at the same time need"
        : processesOfLimit > 1 ? "\(processesOfLimit) processes of a training need" : "a training needs"
      advice = Self.advice(spec, trainings: trainings, network.gradients(spec) == 0)
    }
  }

  /// Bytes of one training; nil if unknown.
  static func training(_ spec: ExperimentSpec, threads: Int, processes: Int = 1) -> Double? {
    NetworkMemory.of(spec)?.bytes(spec, threads, processes)
  }

  /// - Parameter storesLess: whether bfloat16 makes a difference.
  private static func advice(_ spec: ExperimentSpec, trainings: Int, _ storesLess: Bool) -> String {
    let jobs = trainings > 1 ? ["fewer `--jobs`"] : []
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

/// What the memory of an experiment's network depends on besides batch sizes.
private struct NetworkMemory: Sendable {
  var training: TrainingMemory
  /// That of a training in single precision.
  var single: TrainingMemory
  /// Values of an image, which an evaluation keeps.
  var image: Int
  /// Values of the input and output of a convolution, without the image: the most of any.
  var convolution: Int

  /// All settings that it depends on.
  private struct Question: Equatable, Sendable {
    var architecture: ArchitectureSpec
    var precision: ActivationPrecision
  }

  private static let known = RecentValues<Question, NetworkMemory>()

  /// Nil if the network is unknown.
  static func of(_ spec: ExperimentSpec) -> NetworkMemory? {
    let question = Question(architecture: spec.architecture, precision: spec.train.precision)
    return try? known.value(for: question) { () throws(ArchitectureError) in
      let graph = try ArchitectureRegistry.graph(spec.architecture)
      return NetworkMemory(
        training: graph.trainingMemory(precision: Precision(spec.train.precision)),
        single: graph.trainingMemory(precision: .float32), image: graph.input.channels * graph.input.pixels,
        convolution: graph.largestConvolution)
    }
  }

  /// Bytes of a training with its scoring, in one process.
  func bytes(_ spec: ExperimentSpec, _ threads: Int, _ processes: Int) -> Double {
    max(training.bytes(spec.train, threads: threads, processes: processes), gradients(spec))
  }

  /// Bytes of a criterion that computes gradients; 0 for others.
  func gradients(_ spec: ExperimentSpec) -> Double {
    CriterionRegistry.takesGradients(spec.prune) ? single.bytes(images: spec.train.batchSize) : 0
  }

  /// Bytes of an evaluation.
  func bytes(evaluating images: Int, precision: Precision) -> Double {
    let perImage = image * Precision.float32.bytes + convolution * precision.bytes
    return images == 0 ? 0 : training.parameters + Double(images) * Double(perImage)
  }
}

extension Graph {
  /// The most values of an image in the input and output of a convolution, without the image: batch
  /// norm and activation are computed in place.
  fileprivate var largestConvolution: Int {
    nodes.indices.filter { nodes[$0].operation is Convolution }.map { node in
      (nodes[node].inputs.filter { $0 != .image } + [output(of: node)])
        .map { shapes[$0.index].channels * shapes[$0.index].pixels }.reduce(0, +)
    }.max() ?? 0
  }
}
