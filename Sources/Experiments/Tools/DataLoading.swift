import Datasets
import Specification

extension ExperimentSpec {
  /// The experiment's data, which its network must have outputs for.
  ///
  /// - Parameter threads: threads that decode pictures, at most.
  func loadData(threads: Int) throws(DatasetError) -> Dataset {
    let data = try DatasetRegistry.load(dataset, threads: threads)
    guard data.classNames.count <= architecture.classes else {
      throw DatasetError(
        file: dataset.path ?? dataset.name, problem: "\(data.classNames.count) classes",
        expected: "at most \(architecture.classes), the outputs of the network (`architecture.classes`)")
    }
    return data
  }
}
