import Compute
import Specification

/// All data sets. To add one, write a file in `Formats`, and add a line here.
public enum DatasetRegistry {
  public static let all: [any DatasetFormat] = [
    Digits(),
    MNIST(),
    FashionMNIST(),
    CIFAR10(),
    CIFAR100(),
    ImageFolder(),
  ]

  /// Loads the data set of a specification, with its limits.
  ///
  /// - Parameter threads: largest number of threads that decode pictures.
  /// - Throws: `DatasetError` if there is none with this name, or if its files are missing or
  ///   damaged.
  public static func load(
    _ spec: DatasetSpec, threads: Int = ProcessorLimit.current.count
  ) throws(DatasetError) -> Dataset {
    guard let format = all.first(where: { $0.description.name == spec.name }) else {
      let names = all.map(\.description.name).joined(separator: ", ")
      throw DatasetError(file: spec.name, problem: "no data set has this name", expected: "one of \(names)")
    }
    return try format.load(spec, threads: threads).limited(train: spec.trainLimit, test: spec.testLimit)
  }
}
