/// The segments of a JPEG file (ITU-T T.81, annex B): its frame header, and the file repaired so
/// that libjpeg does not warn about faults that change no pixel.
///
/// TurboJPEG reports only its first warning. Faults that every viewer ignores are therefore
/// repaired before decoding, so that a warning means that pixels are missing or wrong.
struct JPEGSegments {
  /// As stored in the frame header.
  private(set) var size = PictureSize(rows: 0, columns: 0)
  /// Colour components: 1 for grey, 3 for colours, 4 for inks.
  private(set) var components = 0
  /// Whether the file ends before its end marker.
  private(set) var isCutOff = false
  private(set) var bytes: [UInt8]
  private var position = 2
  /// Whether each scan has all coefficients of a block, as in all files except progressive ones.
  private var isSequential = false

  /// - Throws: if the file ends before its frame header does, or has none.
  init(_ file: [UInt8]) throws(PictureDamage) {
    bytes = file
    while let marker = nextMarker(), marker != 0xD9 {
      if marker == 0xDA { readScanHeader() } else { readSegment(marker) }
    }
    guard components > 0 else {
      throw PictureDamage(isCutOff ? "the file is cut off in its header" : "there is no frame header in it")
    }
    // With an end marker, the decoder reports missing data, if there is any.
    if isCutOff { bytes += [0xFF, 0xD9] }
  }

  /// The code of the next marker; stray bytes before it are replaced by fill bytes, which have no
  /// meaning.
  private mutating func nextMarker() -> UInt8? {
    while position + 1 < bytes.count {
      if bytes[position] == 0xFF, ![0x00, 0xFF].contains(bytes[position + 1]) {
        defer { position += 2 }
        return bytes[position + 1]
      }
      bytes[position] = 0xFF
      position += 1
    }
    isCutOff = true
    return nil
  }

  private mutating func readSegment(_ marker: UInt8) {
    let hasNoLength = marker == 0x01 || (0xD0...0xD8).contains(marker)
    guard !hasNoLength, let segment = takeSegment() else { return }
    switch marker {
    case 0xC4, 0xC8, 0xCC: break
    case 0xC0...0xCF where segment.count >= 6 && components == 0:
      let start = segment.lowerBound
      size = PictureSize(rows: number(at: start + 1), columns: number(at: start + 3))
      components = Int(bytes[start + 5])
      isSequential = marker <= 0xC1
    case 0xE0 where bytes[segment].starts(with: [0x4A, 0x46, 0x49, 0x46, 0x00]) && segment.count >= 7:
      // Files have various revision numbers, all of which mean 1.1.
      bytes.replaceSubrange(segment.lowerBound + 5..<segment.lowerBound + 7, with: [1, 1])
    default: break
    }
  }

  /// The contents of a segment after its length; nil, at the end of the file, if it is truncated.
  private mutating func takeSegment() -> Range<Int>? {
    guard position + 2 <= bytes.count, case let length = number(at: position), length >= 2,
      position + length <= bytes.count
    else {
      position = bytes.count
      return nil
    }
    defer { position += length }
    return position + 2..<position + length
  }

  /// Reads the header of a scan and skips its entropy-coded data.
  private mutating func readScanHeader() {
    guard let segment = takeSegment() else { return }
    // First and last coefficient of a block and successive approximation have a meaning only in
    // progressive files; some cameras write zeros.
    if isSequential, segment.count >= 4 {
      bytes.replaceSubrange(segment.upperBound - 3..<segment.upperBound, with: [0, 63, 0])
    }
    bytes.withUnsafeBufferPointer { bytes in
      while let found = bytes[position...].firstIndex(of: 0xFF) {
        guard found + 1 < bytes.count else { break }
        position = found
        // A zero marks a data byte 0xFF; D0 to D7 are restart markers.
        let code = bytes[found + 1]
        guard code == 0x00 || (0xD0...0xD7).contains(code) else { return }
        position += 2
      }
      position = bytes.count
    }
  }

  private func number(at index: Int) -> Int { Int(bytes[index]) << 8 | Int(bytes[index + 1]) }
}
