import Datasets
import MessagePassing
import Network
import Specification
import Training

extension ExperimentSpec {
  /// The experiment's data, which its network must have outputs for.
  ///
  /// - Parameter threads: threads that decode pictures, at most.
  func loadData(threads: Int) throws(RunError) -> Dataset {
    let data: Dataset
    do { data = try DatasetRegistry.load(dataset, threads: threads) } catch { throw .data(error) }
    guard data.classNames.count <= architecture.classes else {
      throw .data(
        DatasetError(
          file: dataset.path ?? dataset.name, problem: "\(data.classNames.count) classes",
          expected: "at most \(architecture.classes), the outputs of the network (`architecture.classes`)"))
    }
    return data
  }

  /// How a network does on images, with the experiment's normalization.
  ///
  /// - Parameter group: processes that have the same network, and the same call to make.
  func evaluation(
    of network: Network, on images: ImageSet, group: ProcessGroup = .alone
  ) throws(RunError) -> Evaluation {
    do {
      return try Evaluation(
        of: network, on: images, normalize: dataset.normalize, batchSize: train.batchSize, group: group)
    } catch {
      throw .data(error)
    }
  }
}
