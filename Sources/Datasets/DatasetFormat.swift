import Specification

/// A data set that experiments can name: what it holds, and how its files are read.
public protocol DatasetFormat: Sendable {
  var description: Catalog.Dataset { get }

  /// Reads both splits.
  ///
  /// - Parameter path: folder of the files; nil for the description's default. Embedded data ignores it.
  /// - Throws: `DatasetError` at the first file that is missing or damaged.
  func load(path: String?) throws(DatasetError) -> Dataset
}
