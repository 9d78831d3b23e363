import Files

/// The header of a safetensors file, read without the values, so that it is fast for files of any
/// size.
public struct TensorHeader: Equatable, Sendable {
  /// Shapes of floating-point tensors, by name.
  public let shapes: [String: [Int]]
  /// Types of integer tensors, such as `I64`, by name.
  public let integerTypes: [String: String]
  public let metadata: [String: String]

  private init(_ entries: [HeaderReader.Entry], _ metadata: [String: String]) {
    shapes = Dictionary(entries.filter { !$0.type.isInteger }.map { ($0.name, $0.shape) }) { first, _ in first
    }
    integerTypes = Dictionary(entries.filter(\.type.isInteger).map { ($0.name, $0.type.rawValue) }) {
      first, _ in first
    }
    self.metadata = metadata
  }

  /// The header of a file with these contents.
  public init(_ file: TensorFile) {
    shapes = file.tensors.mapValues(\.shape)
    integerTypes = Dictionary(
      uniqueKeysWithValues: file.integers.keys.map { ($0, file.integerType($0) ?? "") })
    metadata = file.metadata
  }

  /// - Throws: `TensorFileError` if the file cannot be read, has no valid header, or has another
  ///   size than its header says, such as an incomplete download.
  public init(contentsOf path: String) throws(TensorFileError) {
    let start = try DurableFile.read(path, first: 8)
    var length: UInt64 = 0
    for (index, byte) in start.enumerated() { length |= UInt64(byte) << UInt64(8 * index) }
    guard start.count == 8, length <= UInt64(TensorFile.largestHeader) else {
      // Find what is wrong, or the type of the file.
      self.init(try TensorFile(contentsOf: path))
      return
    }
    let bytes = try DurableFile.read(path, first: 8 + Int(length))
    do throws(TensorFileError) {
      guard bytes.count == 8 + Int(length) else {
        throw TensorFileError(
          file: path, offset: 0, problem: "a header of \(length) bytes in a file of \(bytes.count)",
          expected: "at most \(bytes.count - 8)")
      }
      var reader = HeaderReader(bytes: bytes, range: 8..<bytes.count, file: path)
      let (entries, metadata) = try reader.read()
      try TensorFile.checkLayout(
        entries, dataStart: bytes.count, dataCount: try DurableFile.size(path) - bytes.count, file: path)
      self.init(entries, metadata)
    } catch {
      throw FileKind(bytes.prefix(FileKind.prefixLength), path: path).map(error.naming) ?? error
    }
  }
}
