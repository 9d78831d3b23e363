import Architectures
import Compute
import Network
import Specification
import Training

/// Checks whether a training fits into the available memory.
struct MemoryCheck {
  /// Bytes of the training, estimated from its graph.
  let needed: Double
  let available: AvailableMemory
  private let precision: ActivationPrecision

  /// All settings that the memory of an image and of the weights depends on.
  private struct Question: Equatable, Sendable {
    var architecture: ArchitectureSpec
    var precision: ActivationPrecision
  }

  private static let known = RecentValues<Question, TrainingMemory>()

  /// Nil if either number is unknown.
  init?(
    _ spec: ExperimentSpec, available: AvailableMemory? = .current(),
    threads: Int = ProcessorLimit.current.count
  ) {
    let question = Question(architecture: spec.architecture, precision: spec.train.precision)
    let memory = try? Self.known.value(for: question) { () throws(ArchitectureError) in
      try ArchitectureRegistry.graph(spec.architecture)
        .trainingMemory(precision: Precision(spec.train.precision))
    }
    guard let available, let memory else { return nil }
    needed = memory.bytes(spec.train, threads: threads)
    self.available = available
    precision = spec.train.precision
  }

  /// Nil if it fits.
  var problem: String? {
    guard needed > Double(available.bytes) else { return nil }
    return
      "a training needs about \(mebibytes(needed)) MiB, and \(mebibytes(Double(available.bytes))) MiB are available"
      + " \(available.limit.rawValue); a smaller `train.batch_size`"
      + (precision == .float32 ? " or `train.precision: bfloat16`" : "") + " needs less"
  }

  private func mebibytes(_ bytes: Double) -> Int { Int(min(bytes / 0x1p20, 1e15)) }
}
