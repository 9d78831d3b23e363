/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected) as in RFC 3720, appendix B.4.
func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
}

/// The masked checksum of TFRecord files, which makes checksums of data that contains checksums
/// safe.
func maskedCRC32C(_ bytes: some Sequence<UInt8>) -> UInt32 {
  let sum = crc32c(bytes)
  return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
}

private let table: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
}
