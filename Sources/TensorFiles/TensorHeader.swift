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
    shapes = Dictionary(
      uniqueKeysWithValues: entries.filter { !$0.type.isInteger }.map { ($0.name, $0.shape) })
    integerTypes = Dictionary(
      uniqueKeysWithValues: entries.filter(\.type.isInteger).map { ($0.name, $0.type.rawValue) })
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
    let length = TensorFile.headerLength(try DurableFile.read(path, first: 8))
    // A header that is too long is an error, for which the bytes that tell the type of the file
    // suffice.
    let count = length <= UInt64(TensorFile.largestHeader) ? 8 + Int(length) : 0
    let bytes = try DurableFile.read(path, first: max(count, FileKind.prefixLength))
    do throws(TensorFileError) {
      let end = try TensorFile.headerEnd(bytes, file: path)
      var reader = HeaderReader(bytes: bytes, range: 8..<end, file: path)
      let (entries, metadata) = try reader.read()
      try TensorFile.checkLayout(
        entries, dataStart: end, dataCount: try DurableFile.size(path) - end, file: path)
      self.init(entries, metadata)
    } catch {
      throw FileKind(bytes.prefix(FileKind.prefixLength), path: path).map(error.naming) ?? error
    }
  }
}
