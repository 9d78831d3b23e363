/// The chunks of a PNG file (https://www.w3.org/TR/png-3/#5DataRep).
enum PNGChunks {
  private static let signatureLength = 8
  /// Length, type and checksum.
  private static let frameLength = 12

  /// The file without its ancillary chunks, so that pixels are decoded as stored: libpng would
  /// apply their gamma and colour information, unlike other programs.
  static func criticalOnly(_ file: [UInt8]) -> [UInt8] {
    var result = Array(file.prefix(signatureLength))
    result.reserveCapacity(file.count)
    var position = result.count
    while position + frameLength <= file.count {
      let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = min(position + frameLength + length, file.count)
      // A chunk whose type begins with a lower-case letter is ancillary.
      if file[position + 4] & 0x20 == 0 { result += file[position..<end] }
      position = end
    }
    return result + file[position...]
  }
}
