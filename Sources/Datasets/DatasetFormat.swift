import Specification

/// A data set that experiments can name: what it holds, and how its files are read.
public protocol DatasetFormat: Sendable {
  var description: Catalog.Dataset { get }

  /// Reads both splits.
  ///
  /// - Parameter path: folder of the files; nil for the description's default. Embedded data
  ///   ignores it.
  /// - Throws: `DatasetError` at the first file that is missing or damaged.
  func load(path: String?) throws(DatasetError) -> Dataset

  /// Reads both splits as a specification says. Only data sets whose files leave a choice look at
  /// more than its path.
  ///
  /// - Parameter threads: threads that decode pictures, at most.
  func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset
}

extension DatasetFormat {
  public func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset {
    try load(path: spec.path)
  }
}
