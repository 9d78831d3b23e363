import CZlib
import Compute

@testable import Datasets

/// The bytes as a gzip file.
func packed(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 100)
  deflateInit2_(
    &stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  let count = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(target.count)
      deflate(&stream, Z_FINISH)
      return target.count - Int(stream.avail_out)
    }
  }
  deflateEnd(&stream)
  return Array(output[..<count])
}

/// Big-endian 32-bit numbers.
func bigEndian(_ numbers: [Int]) -> [UInt8] {
  numbers.flatMap { number in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }
}

func randomBytes(_ count: Int, below bound: Int = 256, index: Int = 0) -> [UInt8] {
  var random = RandomStream(seed: 3, purpose: .test, epoch: bound, index: index)
  return (0..<count).map { _ in UInt8(random.below(bound)) }
}

extension ImageSet {
  static func random(_ count: Int, channels: Int = 3, rows: Int = 4, columns: Int = 5, classes: Int = 10)
    -> ImageSet
  {
    ImageSet(
      channels: channels, rows: rows, columns: columns,
      pixels: randomBytes(count * channels * rows * columns, index: count),
      labels: randomBytes(count, below: classes))
  }
}

/// A tar archive of files, as POSIX describes it.
func tarArchive(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
  let blocks = files.flatMap { name, bytes in
    tarHeader(name, size: bytes.count) + bytes
      + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }
  return blocks + [UInt8](repeating: 0, count: 1024)
}

private func tarHeader(_ name: String, size: Int) -> [UInt8] {
  func octal(_ number: Int, _ digits: Int) -> [UInt8] {
    let text = String(number, radix: 8)
    return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
  }
  func padded(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: count - bytes.count)
  }
  let slash = name.utf8.count > 100 ? name.lastIndex(of: "/") : nil
  let last = slash.map { String(name[name.index(after: $0)...]) } ?? name
  let prefix = slash.map { String(name[..<$0]) } ?? ""
  var header = padded(Array(last.utf8), 100) + padded(octal(0o644, 7), 8) + [UInt8](repeating: 0, count: 16)
  header += octal(size, 11) + [0] + padded(octal(0, 11), 12) + [UInt8](repeating: 32, count: 8)
  header += [UInt8(ascii: "0")] + [UInt8](repeating: 0, count: 100) + Array("ustar".utf8) + [0, 48, 48]
  header = padded(header, 345) + padded(Array(prefix.utf8), 155) + [UInt8](repeating: 0, count: 12)
  let sum = header.reduce(0) { $0 + Int($1) }
  header.replaceSubrange(148..<156, with: octal(sum, 6) + [0, 32])
  return header
}
