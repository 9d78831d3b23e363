import Architectures
import Compute
import Network
import Specification

/// Whether a training fits into the memory that the process can have.
struct MemoryCheck {
  /// Bytes of the training by its graph.
  let needed: Double
  let available: AvailableMemory

  /// Nil where either number is not known.
  init?(_ spec: ExperimentSpec, available: AvailableMemory? = .current()) {
    guard let available, let graph = try? ArchitectureRegistry.graph(spec.architecture) else { return nil }
    needed = graph.trainingMemory(images: spec.train.batchSize)
    self.available = available
  }

  /// Nil where it fits.
  var problem: String? {
    guard needed > Double(available.bytes) else { return nil }
    return
      "a training needs about \(mebibytes(needed)) MiB, and \(mebibytes(Double(available.bytes))) MiB are available"
      + " \(available.limit.rawValue); a smaller `train.batch_size` needs less"
  }

  private func mebibytes(_ bytes: Double) -> Int { Int(min(bytes / 0x1p20, 1e15)) }
}
