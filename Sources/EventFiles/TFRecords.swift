/// A sequence of byte records in TensorFlow's format (tensorflow/core/lib/io/record_writer.h):
/// length (8 bytes), masked CRC-32C of the length (4), the bytes, masked CRC-32C of the bytes (4);
/// little-endian.
enum TFRecords {
  /// One record.
  static func record(_ bytes: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(bytes.count))
    return length + littleEndian(maskedCRC32C(length)) + bytes + littleEndian(maskedCRC32C(bytes))
  }

  /// The records of a file up to the first damaged or incomplete one.
  ///
  /// - Returns: the bytes of each record, and the position of its end in the file.
  static func read(_ file: [UInt8]) -> [(bytes: ArraySlice<UInt8>, end: Int)] {
    var records: [(ArraySlice<UInt8>, Int)] = []
    var rest = file[...]
    while rest.count >= 16 {
      let length = rest.prefix(8)
      guard number(rest.dropFirst(8).prefix(4)) == UInt64(maskedCRC32C(length)),
        let count = Int(exactly: number(length)), count <= rest.count - 16
      else { break }
      let bytes = rest.dropFirst(12).prefix(count)
      guard number(rest.dropFirst(12 + count).prefix(4)) == UInt64(maskedCRC32C(bytes)) else { break }
      rest = rest.dropFirst(16 + count)
      records.append((bytes, rest.startIndex))
    }
    return records
  }

  private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
  }
}
