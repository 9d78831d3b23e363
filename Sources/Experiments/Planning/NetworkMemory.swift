import Architectures
import Compute
import Network
import Pruning
import Specification
import Training

/// What the memory of an experiment's network depends on besides batch sizes.
struct NetworkMemory: Sendable {
  let training: TrainingMemory
  /// That of a training in single precision.
  private let single: TrainingMemory
  private let relevance: RelevanceMemory
  /// Values of an image, which an evaluation keeps.
  private let image: Int
  /// Values of the input and output of a convolution, without the image: the most of any.
  private let convolution: Int

  init(_ graph: Graph, _ precision: ActivationPrecision) {
    training = graph.trainingMemory(precision: Precision(precision))
    single = graph.trainingMemory(precision: .float32)
    relevance = RelevanceMemory(graph)
    image = graph.input.channels * graph.input.pixels
    convolution = graph.largestConvolution
  }

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
      NetworkMemory(try spec.architecture.structure().graph, spec.train.precision)
    }
  }

  /// Bytes of a training with its scoring, in one process.
  func bytes(_ spec: ExperimentSpec, _ threads: Int, _ processes: Int) -> Double {
    max(training.bytes(spec.train, threads: threads, processes: processes), scoring(spec, threads))
  }

  /// Bytes of scoring by gradients or relevance, in single precision; 0 for other criteria.
  func scoring(_ spec: ExperimentSpec, _ threads: Int) -> Double {
    let images = scoredImages(spec)
    if CriterionRegistry.takesGradients(spec.prune) { return single.bytes(images: images) }
    return propagatesRelevance(spec) ? relevance.bytes(images: images, threads: threads) : 0
  }

  /// Threads that need memory of their own each while they score.
  func scoringThreads(_ spec: ExperimentSpec, _ threads: Int) -> Int {
    propagatesRelevance(spec) ? relevance.partsAtATime(images: scoredImages(spec), threads: threads) : 1
  }

  private func propagatesRelevance(_ spec: ExperimentSpec) -> Bool {
    spec.prune?.criterion == FeatureRelevance.description.name
  }

  /// The largest batch that is scored.
  private func scoredImages(_ spec: ExperimentSpec) -> Int {
    min(spec.train.batchSize, spec.prune?.samples ?? .max)
  }

  /// Bytes of measuring the latency of the largest batch; 0 if none is measured.
  func bytesOfLatency(_ spec: ExperimentSpec) -> Double {
    let images = spec.evaluate.latencyBatchSizes.max() ?? 0
    let perImage =
      image * Precision.float32.bytes + convolution * Precision(spec.evaluate.precision).bytes
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
