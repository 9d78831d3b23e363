import Files
import Foundation

/// A data set's file, plain or gzip-compressed.
struct DataFile {
  /// The name for errors about the contents.
  let name: String
  private let path: String
  private let stored: [UInt8]
  private let isCompressed: Bool
  private let source: String?

  /// Larger files are rejected without reading: the largest data set here has 180 MB.
  static let largestFile = 1 << 30
  /// Largest decompressed size of an archive or a pickle.
  static let largestArchive = 1 << 28

  init(path: String, source: String) throws(DatasetError) {
    let stored = try Self.read(path, source: source)
    self.init(stored: stored, path: path, source: source)
  }

  /// A file in memory. Its first two bytes show whether it is gzip; no other format here begins
  /// like that.
  init(stored: [UInt8], path: String, source: String?) {
    self.stored = stored
    self.path = path
    self.source = source
    isCompressed = stored.starts(with: Gzip.magic)
    name = isCompressed ? "\(path) (unpacked)" : path
  }

  /// The first `limit` bytes of the contents, or all if there are fewer. A compressed file is not
  /// decompressed further, so that a small file cannot exhaust the memory.
  func contents(upTo limit: Int) throws(DatasetError) -> [UInt8] {
    guard isCompressed else { return stored.count <= limit ? stored : Array(stored[..<limit]) }
    switch Gzip.unpack(stored, upTo: limit) {
    case .success(let bytes): return bytes
    case .failure(let damage):
      throw DatasetError(
        file: path, offset: damage.offset, problem: damage.problem, expected: "a whole gzip file",
        source: source)
    }
  }

  /// The error for wrong contents; it names the type of the file if the first bytes show it.
  ///
  /// - Parameter kind: the expected type, if the first bytes would show it.
  func error(
    at offset: Int, _ problem: String, expected: String, for kind: FileKind? = nil
  ) -> DatasetError {
    let found = isCompressed ? nil : FileKind(stored.prefix(FileKind.prefixLength), path: path)
    if let found, found != kind {
      return DatasetError(file: path, problem: found.sentence, expected: expected, source: source)
    }
    return DatasetError(file: name, offset: offset, problem: problem, expected: expected, source: source)
  }

  private static func read(_ path: String, source: String) throws(DatasetError) -> [UInt8] {
    func unreadable(_ reason: String) -> DatasetError {
      DatasetError(file: path, problem: "cannot read: \(reason)", expected: "a regular file", source: source)
    }
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else { throw unreadable(systemReason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable("it is not a regular file") }
    guard status.st_size <= largestFile else { throw unreadable("it has \(status.st_size) bytes") }
    guard let handle = FileHandle(forReadingAtPath: path) else { throw unreadable(systemReason()) }
    do {
      return [UInt8](try handle.read(upToCount: Int(status.st_size)) ?? Data())
    } catch {
      throw unreadable(error.localizedDescription)
    }
  }

  private static func systemReason() -> String { String(cString: strerror(errno)) }
}
