import Files

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
    do throws(RegularFile.Failure) {
      let stored = try RegularFile.read(path, largest: Self.largestFile)
      self.init(stored: stored, path: path, source: source)
    } catch {
      throw DatasetError(
        file: path, problem: "cannot read: \(error.reason)", expected: "a regular file", source: source)
    }
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

  /// The whole contents, such as those of an archive, which may have at most `limit` bytes.
  func whole(limit: Int = DataFile.largestArchive) throws(DatasetError) -> [UInt8] {
    let bytes = try contents(upTo: limit + 1)
    guard bytes.count <= limit else {
      throw DatasetError(
        file: name, problem: "it has more than \(limit) bytes", expected: "fewer, as the official files have",
        source: source)
    }
    return bytes
  }

  /// The whole contents, which must have this size.
  ///
  /// - Parameter what: the contents, for errors.
  func contents(size: Int, of what: String) throws(DatasetError) -> [UInt8] {
    let bytes = try contents(upTo: size + 1)
    guard bytes.count >= size else {
      throw error(
        at: bytes.count, "the data ends after \(bytes.count) bytes", expected: "\(size) for \(what)")
    }
    guard bytes.count == size else {
      throw error(
        at: size, "there are bytes after the last of \(what)", expected: "the data to end here")
    }
    return bytes
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
}
