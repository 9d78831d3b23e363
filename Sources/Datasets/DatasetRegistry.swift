import Compute
import Specification

/// The data sets there are. A new one is a file in `Formats` and a line here.
public enum DatasetRegistry {
  public static let all: [any DatasetFormat] = [
    Digits(),
    MNIST(),
    FashionMNIST(),
    CIFAR10(),
    CIFAR100(),
    ImageFolder(),
  ]

  /// Loads the data set a specification names, cut down to its limits.
  ///
  /// - Parameter threads: threads that decode pictures, at most.
  /// - Throws: `DatasetError` when there is none of that name, or its files are missing or damaged.
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
