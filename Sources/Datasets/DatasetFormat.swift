import Foundation
import Specification

/// A data set that experiments can name: its description, and how its files are read.
public protocol DatasetFormat: Sendable {
  var description: Catalog.Dataset { get }

  /// Reads both splits according to a specification.
  ///
  /// - Parameter threads: largest number of threads that decode pictures.
  /// - Throws: `DatasetError` for the first file that is missing or damaged.
  func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset
}

/// A data set of which a specification gives only the path.
protocol FolderFormat: DatasetFormat {
  /// Reads both splits.
  ///
  /// - Parameter path: folder of the files.
  /// - Throws: `DatasetError` for the first file that is missing or damaged.
  func load(path: String) throws(DatasetError) -> Dataset
}

extension FolderFormat {
  func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset {
    let standard = description.defaultPath(in: ProcessInfo.processInfo.environment)
    guard let path = spec.path ?? standard else {
      throw DatasetError(
        file: description.name, problem: "no path is given", expected: "the folder of its files")
    }
    return try load(path: path)
  }
}
