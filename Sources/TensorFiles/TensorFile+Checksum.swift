import CZlib

/// A checksummed file is an ordinary safetensors file with a checksum of all its bytes in its
/// metadata, so that no bit of it can change unnoticed.
extension TensorFile {
  private static let key = "crc32"
  private static let mark = Array("\"\(key)\":\"".utf8)
  private static let blank = Array("00000000".utf8)

  /// The file's bytes with their CRC-32, computed while its eight hexadecimal digits are zeros.
  public func checksummed() -> [UInt8] {
    var file = self
    file.metadata[Self.key] = String(decoding: Self.blank, as: UTF8.self)
    var bytes = file.serialized()
    Self.writeChecksum(into: &bytes)
    return bytes
  }

  /// Writes the checksum into bytes that have a field for it.
  static func writeChecksum(into bytes: inout [UInt8]) {
    guard let range = checksumRange(bytes) else { return }
    bytes.replaceSubrange(range, with: checksum(bytes, digits: range))
  }

  /// Reads a checksummed file's bytes.
  ///
  /// - Throws: `TensorFileError` if the checksum is missing or wrong, or if the file is incomplete.
  public init(checksummed bytes: [UInt8], file: String) throws(TensorFileError) {
    guard let range = Self.checksumRange(bytes) else {
      throw TensorFileError(
        file: file, offset: nil, problem: "damaged: no checksum", expected: "a file with a checksum")
    }
    let checksum = Self.checksum(bytes, digits: range)
    guard checksum.elementsEqual(bytes[range]) else {
      throw TensorFileError(
        file: file, offset: range.lowerBound,
        problem: "damaged: the checksum is not that of the \(bytes.count) bytes",
        expected: String(decoding: checksum, as: UTF8.self))
    }
    try self.init(bytes: bytes, file: file)
    metadata[Self.key] = nil
  }

  /// The range of the checksum's digits. The text before them cannot occur elsewhere in a header,
  /// since quotation marks in names and texts are escaped.
  private static func checksumRange(_ bytes: [UInt8]) -> Range<Int>? {
    guard bytes.count > 8 else { return nil }
    let end = 8 + Int(min(headerLength(bytes), UInt64(bytes.count - 8)))
    let length = mark.count + blank.count
    var start = 8
    while start + length <= end {
      if bytes[start] == mark[0], bytes[start..<start + mark.count].elementsEqual(mark) {
        return start + mark.count..<start + length
      }
      start += 1
    }
    return nil
  }

  /// The checksum of bytes whose digits in this range are replaced by zeros.
  private static func checksum(_ bytes: [UInt8], digits range: Range<Int>) -> [UInt8] {
    var sum = crc32_z(0, nil, 0)
    // A checkpoint may be large, and is not copied. zlib begins anew for no bytes.
    for part in [bytes[..<range.lowerBound], blank[...], bytes[range.upperBound...]] where !part.isEmpty {
      sum = part.withUnsafeBufferPointer { crc32_z(sum, $0.baseAddress, z_size_t($0.count)) }
    }
    let digits = String(sum, radix: 16)
    return Array((String(repeating: "0", count: blank.count - digits.count) + digits).utf8)
  }
}
