import Foundation
import Specification

/// CIFAR-10 or CIFAR-100 in any usual form: the binary or the Python version, in a folder, in a
/// folder inside that, or in the downloaded archive.
struct CIFARFiles {
  /// One of the two versions.
  struct Version {
    /// The folder in the archive.
    var folder: String
    var archive: String
    var train: [String]
    var test: String
  }

  enum Content {
    case records(LabelledRecords)
    case pickles(CIFARBatches)
  }

  let binary: Version
  let python: Version
  let records: LabelledRecords
  let batches: CIFARBatches
  /// Where to get the files, for errors.
  let source: String

  /// A version that was found, with a function that opens its files by name.
  private struct Found {
    let content: Content
    let version: Version
    let open: (String) throws(DatasetError) -> DataFile
  }

  private var versions: [(Version, Content)] { [(binary, .records(records)), (python, .pickles(batches))] }

  /// Both splits.
  ///
  /// - Parameters:
  ///   - trainRecords: images of each training file.
  ///   - testRecords: images of the test file.
  func read(
    _ path: String, trainRecords: Int, testRecords: Int
  ) throws(DatasetError) -> (train: ImageSet, test: ImageSet) {
    let found = try find(path)
    func set(_ names: [String], _ count: Int) throws(DatasetError) -> ImageSet {
      var files: [DataFile] = []
      for name in names { files.append(try found.open(name)) }
      switch found.content {
      case .records(let records): return try records.read(files, count: count)
      case .pickles(let batches): return try batches.read(files, count: count)
      }
    }
    return (try set(found.version.train, trainRecords), try set([found.version.test], testRecords))
  }

  // MARK: Finding

  private func find(_ path: String) throws(DatasetError) -> Found {
    if FileStatus(path)?.isFile == true { return try inArchive(path) }
    for (version, content) in versions {
      for folder in [path, "\(path)/\(version.folder)"].map(DataFolder.init) {
        guard folder.file([version.train[0]]) != nil else { continue }
        return Found(content: content, version: version) { name throws(DatasetError) in
          try folder.open([name], layout: layout, source: source)
        }
      }
    }
    for (version, _) in versions {
      let archive = "\(path)/\(version.archive)"
      if FileStatus(archive)?.isFile == true { return try inArchive(archive) }
    }
    let names = versions.flatMap { [$0.0.folder, $0.0.archive] }
    throw DataFolder(path: path).missing(
      versions.map { $0.0.train[0] }, "there is no \(binary.train[0]) in it", layout: layout, source: source,
      others: names)
  }

  private var layout: String {
    "\(binary.train[0]) and so on, or \(python.folder), or one of the archives as downloaded"
  }

  private func inArchive(_ path: String) throws(DatasetError) -> Found {
    let file = try DataFile(path: path, source: source)
    let bytes = try file.whole()
    let archive: TarArchive
    do throws(Damage) {
      archive = try TarArchive(bytes)
    } catch {
      throw file.error(at: error.offset, error.problem, expected: "a tar archive", for: .tar)
    }
    for (version, content) in versions where archive.has("\(version.folder)/\(version.train[0])") {
      return Found(content: content, version: version) { name throws(DatasetError) in
        let name = "\(version.folder)/\(name)"
        guard let bytes = archive.contents(name) else {
          throw DatasetError(
            file: path, problem: "there is no \(name) in the archive", expected: "it", source: source)
        }
        return DataFile(stored: bytes, path: "\(path)/\(name)", source: source)
      }
    }
    throw DatasetError(
      file: path, problem: "there is neither \(binary.folder) nor \(python.folder) in the archive",
      expected: "one of them", source: source)
  }
}
