/// The regular files of a tar archive in memory (POSIX.1-2017, pax, "ustar Interchange Format").
///
/// Names of more than 255 bytes, which have separate headers, are truncated: no data set here has
/// any.
struct TarArchive {
  private let bytes: [UInt8]
  /// The range of each file's contents.
  private let files: [String: Range<Int>]

  private static let blockSize = 512

  /// - Throws: if a header or the contents of a file are damaged or truncated, or if there is no
  ///   file.
  init(_ bytes: [UInt8]) throws(Damage) {
    self.bytes = bytes
    var files: [String: Range<Int>] = [:]
    var offset = 0
    while offset + Self.blockSize <= bytes.count {
      let header = bytes[offset..<offset + Self.blockSize]
      // A block of zeros ends an archive.
      if header.allSatisfy({ $0 == 0 }) { break }
      guard Self.octal(header, 148..<156) == Self.checksum(header) else {
        throw Damage(offset: offset, problem: "a header whose checksum does not fit")
      }
      let start = offset + Self.blockSize
      guard let size = Self.octal(header, 124..<136), size <= bytes.count - start else {
        throw Damage(offset: offset, problem: "a file that is longer than the archive")
      }
      let isRegular = [0, UInt8(ascii: "0")].contains(header[offset + 156])
      if isRegular { files[Self.name(header)] = start..<start + size }
      offset = start + (size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
    }
    guard !files.isEmpty else { throw Damage(offset: 0, problem: "there is no file in it") }
    self.files = files
  }

  func has(_ name: String) -> Bool { files[name] != nil }

  /// The contents of the file with this name.
  func contents(_ name: String) -> [UInt8]? { files[name].map { Array(bytes[$0]) } }

  private static func field(_ header: ArraySlice<UInt8>, _ range: Range<Int>) -> ArraySlice<UInt8> {
    header.dropFirst(range.lowerBound).prefix(range.count)
  }

  /// A number of octal digits between spaces, up to a NUL.
  private static func octal(_ header: ArraySlice<UInt8>, _ range: Range<Int>) -> Int? {
    let text = field(header, range).prefix { $0 != 0 }.filter { $0 != UInt8(ascii: " ") }
    return Int(String(decoding: text, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The sum of a header's bytes, with spaces in place of the checksum.
  private static func checksum(_ header: ArraySlice<UInt8>) -> Int {
    header.reduce(0) { $0 + Int($1) } - field(header, 148..<156).reduce(0) { $0 + Int($1) } + 8 * 32
  }

  private static func name(_ header: ArraySlice<UInt8>) -> String {
    func text(_ range: Range<Int>) -> String {
      String(decoding: field(header, range).prefix { $0 != 0 }, as: UTF8.self)
    }
    let isPOSIX = field(header, 257..<262).elementsEqual("ustar".utf8)
    let prefix = isPOSIX ? text(345..<500) : ""
    let name = prefix.isEmpty ? text(0..<100) : "\(prefix)/\(text(0..<100))"
    return name.hasPrefix("./") ? String(name.dropFirst(2)) : name
  }
}
