import Specification

/// A data set that experiments can name: its description, and how its files are read.
public protocol DatasetFormat: Sendable {
  var description: Catalog.Dataset { get }

  /// Reads both splits.
  ///
  /// - Parameter path: folder of the files; nil for the description's default. Built-in data
  ///   ignores it.
  /// - Throws: `DatasetError` for the first file that is missing or damaged.
  func load(path: String?) throws(DatasetError) -> Dataset

  /// Reads both splits according to a specification. Most data sets use only its path.
  ///
  /// - Parameter threads: largest number of threads that decode pictures.
  func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset
}

extension DatasetFormat {
  public func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset {
    try load(path: spec.path)
  }
}
