import Files
import Foundation

/// A data set's file, plain or gzip-compressed.
struct DataFile {
  /// The name that errors about the contents give.
  let name: String
  private let path: String
  private let stored: [UInt8]
  private let isCompressed: Bool
  private let source: String?

  /// Files above this are refused unread: the largest data set here takes 180 MB.
  static let largestFile = 1 << 30
  /// Bytes that an archive, or a pickle, may unpack to.
  static let largestArchive = 1 << 28

  init(path: String, source: String) throws(DatasetError) {
    let stored = try Self.read(path, source: source)
    self.init(stored: stored, path: path, source: source)
  }

  /// A file whose bytes are at hand. What it is shows in the first two bytes; no format here begins
  /// as gzip does.
  init(stored: [UInt8], path: String, source: String?) {
    self.stored = stored
    self.path = path
    self.source = source
    isCompressed = stored.starts(with: Gzip.magic)
    name = isCompressed ? "\(path) (unpacked)" : path
  }

  /// The first `limit` bytes of the contents, or all when they are fewer. A compressed file is
  /// unpacked no further, so that a small file cannot fill the memory.
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

  /// That the contents are not as they should be; names what the file is instead, where its first
  /// bytes tell.
  ///
  /// - Parameter kind: what it should be, where its first bytes would tell that.
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
