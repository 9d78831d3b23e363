import Files

/// The header of a safetensors file, read without the values, so that it is fast for files of any
/// size.
public struct TensorHeader: Equatable, Sendable {
  /// Shapes of floating-point tensors, by name.
  public let shapes: [String: [Int]]
  public let metadata: [String: String]

  /// - Throws: `TensorFileError` if the file cannot be read, has no valid header, or has another
  ///   size than its header says, such as an incomplete download.
  public init(contentsOf path: String) throws(TensorFileError) {
    let start = try DurableFile.read(path, first: 8)
    var length: UInt64 = 0
    for (index, byte) in start.enumerated() { length |= UInt64(byte) << UInt64(8 * index) }
    guard start.count == 8, length <= UInt64(TensorFile.largestHeader) else {
      // Find what is wrong, or the type of the file.
      let file = try TensorFile(contentsOf: path)
      (shapes, metadata) = (file.tensors.mapValues(\.shape), file.metadata)
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
      let floats = entries.filter { !$0.type.isInteger }
      shapes = Dictionary(floats.map { ($0.name, $0.shape) }) { first, _ in first }
      self.metadata = metadata
    } catch {
      throw FileKind(bytes.prefix(FileKind.prefixLength), path: path).map(error.naming) ?? error
    }
  }
}
