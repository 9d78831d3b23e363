import CZlib
import Foundation

/// The list of an image folder is kept in a file, so that a million pictures are not looked for in every run.
///
/// It counts as long as no folder was modified. That a picture has been written over shows when it is read: see
/// `PictureFiles`.
extension PictureIndex {
  /// Where lists are kept: `$XDG_CACHE_HOME/espalier`, by default `~/.cache/espalier`.
  static var standardCache: String? {
    let environment = ProcessInfo.processInfo.environment
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/espalier" }
    return environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.cache/espalier" : nil }
  }

  /// The file of a folder's list; the same whichever way the folder is named.
  static func path(for folder: String, cache: String) -> String {
    let full = URL(fileURLWithPath: folder).standardizedFileURL.resolvingSymlinksInPath().path
    // FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv).
    let hash = full.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return "\(cache)/pictures-\(String(hash, radix: 16))"
  }

  /// The kept list of a folder, if it still holds, or else a new one, which is kept where that is possible.
  ///
  /// - Parameter path: the file that it is kept in; nil for none.
  static func current(_ folder: String, keptIn path: String?) throws(DatasetError) -> PictureIndex {
    if let path, let index = PictureIndex(contentsOf: path, folder: folder), index.isCurrent { return index }
    let begin = Int(Date.now.timeIntervalSince1970 * 1e9)
    let index = try PictureFolder(path: folder).list()
    // A folder's time is not fine enough to show a change right after the listing.
    if let path, index.folderTimes.allSatisfy({ $0 < begin - 2_000_000_000 }) { index.write(to: path) }
    return index
  }

  // MARK: The file

  private static let mark = Array("espalier pictures 1\n".utf8)

  /// Nil when there is none, or it is damaged.
  init?(contentsOf path: String, folder: String) {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    self.init([UInt8](data), folder: folder)
  }

  init?(_ bytes: [UInt8], folder: String) {
    guard bytes.starts(with: Self.mark), bytes.count >= Self.mark.count + 8 else { return nil }
    var reader = ByteReader(bytes: bytes, position: bytes.count - 8)
    guard reader.integer() == Self.checksum(bytes.dropLast(8)) else { return nil }
    reader = ByteReader(bytes: bytes.dropLast(8), position: Self.mark.count)
    self.init(folder: folder)
    guard let classNames = reader.strings(), let folders = reader.strings(), let times = reader.integers(),
      let train = reader.list(), let test = reader.list()
    else { return nil }
    (self.classNames, self.folders, folderTimes, self.train, self.test) = (
      classNames, folders, times, train, test
    )
    guard isSound else { return nil }
  }

  var bytes: [UInt8] {
    var bytes = Self.mark
    append(classNames, to: &bytes)
    append(folders, to: &bytes)
    append(folderTimes, to: &bytes)
    for list in [train, test] {
      append(list.names.count, to: &bytes)
      bytes += list.names
      for numbers in [list.ends, list.sizes, list.times, list.labels.map(Int.init)] {
        append(numbers, to: &bytes)
      }
    }
    append(Self.checksum(bytes[...]), to: &bytes)
    return bytes
  }

  /// That it cannot be written only means that the next run lists the folder again.
  private func write(to path: String) {
    let file = URL(fileURLWithPath: path)
    try? FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? Data(bytes).write(to: file, options: .atomic)
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> Int {
    Int(bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, z_size_t($0.count)) })
  }

  private func append(_ number: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: Int64(number).littleEndian) { bytes += $0 }
  }

  private func append(_ numbers: [Int], to bytes: inout [UInt8]) {
    append(numbers.count, to: &bytes)
    for number in numbers { append(number, to: &bytes) }
  }

  private func append(_ texts: [String], to bytes: inout [UInt8]) {
    append(texts.count, to: &bytes)
    for text in texts {
      append(text.utf8.count, to: &bytes)
      bytes += text.utf8
    }
  }
}

/// Reads what `PictureIndex.bytes` writes; nil for whatever goes beyond the end.
private struct ByteReader {
  let bytes: ArraySlice<UInt8>
  var position: Int

  init(bytes: some Collection<UInt8>, position: Int) {
    self.bytes = ArraySlice(bytes)
    self.position = position
  }

  mutating func integer() -> Int? {
    guard let bytes = take(8) else { return nil }
    return Int(truncatingIfNeeded: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  mutating func integers() -> [Int]? {
    guard let count = count(of: 8) else { return nil }
    var numbers: [Int] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count {
      guard let number = integer() else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  mutating func strings() -> [String]? {
    guard let count = count(of: 8) else { return nil }
    var texts: [String] = []
    for _ in 0..<count {
      guard let size = self.count(of: 1), let text = take(size) else { return nil }
      texts.append(String(decoding: text, as: UTF8.self))
    }
    return texts
  }

  mutating func list() -> PictureList? {
    guard let size = count(of: 1), let names = take(size), let ends = integers(), let sizes = integers(),
      let times = integers(), let labels = integers(), labels.allSatisfy({ Int32(exactly: $0) != nil })
    else { return nil }
    return PictureList(
      names: Array(names), ends: ends, sizes: sizes, times: times,
      labels: labels.map { Int32(truncatingIfNeeded: $0) })
  }

  /// A number of things of at least so many bytes, which there have to be.
  private mutating func count(of size: Int) -> Int? {
    guard let count = integer(), count >= 0, count <= (bytes.endIndex - position) / size else { return nil }
    return count
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= bytes.endIndex - position else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
