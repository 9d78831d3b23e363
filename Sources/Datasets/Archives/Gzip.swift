import CZlib

/// Decompresses gzip (RFC 1952) with zlib: one or several members, which may be followed by zeros,
/// as on tapes.
enum Gzip {
  /// The first `limit` bytes, or all if there are fewer; then the checksums have been checked, too.
  static func unpack(_ packed: [UInt8], upTo limit: Int) -> Result<[UInt8], Damage> {
    var stream = z_stream()
    // 15: the largest window; 16: only gzip headers.
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return .failure(Damage(offset: 0, problem: "zlib \(ZLIB_VERSION) does not start"))
    }
    defer { inflateEnd(&stream) }
    return packed.withUnsafeBufferPointer { input in
      // zlib only reads its input; the field is mutable for C's sake.
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.avail_in = UInt32(clamping: input.count)
      return inflate(&stream, packedCount: input.count, upTo: limit)
    }
  }

  /// The first bytes of every member.
  static let magic: [UInt8] = [0x1F, 0x8B]

  private static func inflate(
    _ stream: inout z_stream, packedCount: Int, upTo limit: Int
  ) -> Result<[UInt8], Damage> {
    var unpacked: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    // One byte more than the limit, so that zlib reaches the end of data of exactly this size, and
    // checks the checksum.
    while unpacked.count <= limit {
      let room = min(chunk.count, limit + 1 - unpacked.count)
      let (status, written) = chunk.withUnsafeMutableBufferPointer { output in
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(room)
        let status = CZlib.inflate(&stream, Z_NO_FLUSH)
        return (status, room - Int(stream.avail_out))
      }
      unpacked += chunk[..<written]
      let offset = packedCount - Int(stream.avail_in)
      switch status {
      case Z_STREAM_END:
        let rest = UnsafeBufferPointer(start: stream.next_in, count: Int(stream.avail_in))
        if unpacked.count > limit || rest.allSatisfy({ $0 == 0 }) {
          return .success(trimmed(unpacked, limit))
        }
        guard rest.starts(with: magic), inflateReset(&stream) == Z_OK else {
          return .failure(Damage(offset: offset, problem: "\(rest.count) bytes after the gzip data"))
        }
      case Z_OK where written > 0 || stream.avail_in > 0: continue
      case Z_OK, Z_BUF_ERROR: return .failure(Damage(offset: offset, problem: "the gzip data is cut off"))
      default:
        let reason = stream.msg.map { String(cString: $0) } ?? "error \(status)"
        return .failure(Damage(offset: offset, problem: "the gzip data is damaged (\(reason))"))
      }
    }
    return .success(trimmed(unpacked, limit))
  }

  private static func trimmed(_ bytes: [UInt8], _ limit: Int) -> [UInt8] {
    bytes.count <= limit ? bytes : Array(bytes[..<limit])
  }
}
