@testable import Datasets

/// Reads gzip files of several members, and tar archives. Files found in an archive must lie within
/// it.
struct ArchiveReader: FuzzedReader {
  static let name = "archives"

  func corpus() -> [[UInt8]] {
    [Self.archive, Self.members, Self.members + [UInt8](repeating: 0, count: 16)]
  }

  func read(_ bytes: [UInt8]) {
    readArchive(bytes)
    if case .success(let unpacked) = Gzip.unpack(bytes, upTo: 1 << 16) {
      precondition(unpacked.count <= 1 << 16)
      readArchive(unpacked)
    }
  }

  /// Reads an archive as it is, and with repaired header checksums, since the code after the check
  /// would not be tested otherwise.
  private func readArchive(_ bytes: [UInt8]) {
    for bytes in [bytes, Self.checksumsRepaired(bytes)] {
      guard let archive = try? TarArchive(bytes), let contents = archive.contents("a/b") else { continue }
      precondition(archive.has("a/b") && contents.count <= bytes.count - 512)
    }
  }

  private static func checksumsRepaired(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for start in stride(from: 0, to: bytes.count - 511, by: 512) {
      result.replaceSubrange(start + 148..<start + 156, with: Array("        ".utf8))
      let sum = String(result[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
      let digits = String(repeating: "0", count: 6 - sum.count) + sum
      result.replaceSubrange(start + 148..<start + 156, with: Array(digits.utf8) + [0, 32])
    }
    return result
  }

  /// A file `a/b` of three bytes.
  private static let archive: [UInt8] = {
    var header = [UInt8](repeating: 0, count: 512)
    header.replaceSubrange(0..<3, with: Array("a/b".utf8))
    header.replaceSubrange(124..<135, with: Array("00000000003".utf8))
    header[156] = UInt8(ascii: "0")
    header.replaceSubrange(257..<262, with: Array("ustar".utf8))
    return checksumsRepaired(header) + [1, 2, 3] + [UInt8](repeating: 0, count: 509 + 1024)
  }()

  /// Two members of gzip: "one" and "two".
  private static let members: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0xcf, 0x4b, 0x05, 0x00, 0xf1, 0x86,
    0x6c, 0x7a, 0x03, 0x00, 0x00, 0x00, 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b,
    0x29, 0xcf, 0x07, 0x00, 0x66, 0x8a, 0xca, 0x11, 0x03, 0x00, 0x00, 0x00,
  ]
}
