import Compute
import TestSupport
import Testing

@testable import TensorFiles

@Suite("Checksummed tensor files")
struct ChecksumTests {
  private static let file = TensorFile(
    tensors: ["a.weight": Tensor(shape: [2, 3], values: [1, -2, 3.5, .infinity, 0, 1e-30])],
    integers: ["b": [1, -1]], integerShapes: ["b": [2]],
    metadata: ["note": "a \"crc32\":\"00000000\" that is none", "A": "before"])

  @Test("read back as they were, and are tensor files for everybody else")
  func roundTrip() throws {
    let bytes = Self.file.checksummed()
    #expect(try TensorFile(checksummed: bytes, file: "m") == Self.file)
    #expect(try TensorFile(bytes: bytes, file: "m").tensors == Self.file.tensors)
    #expect(bytes == Self.file.checksummed())
    let empty = TensorFile()
    #expect(try TensorFile(checksummed: empty.checksummed(), file: "m") == empty)
  }

  @Test("are refused with any one bit changed")
  func bits() {
    let bytes = Self.file.checksummed()
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: TensorFileError.self, "bit \(bit) of byte \(index)") {
          try TensorFile(checksummed: changed, file: "m")
        }
      }
    }
  }

  @Test("are refused when cut off anywhere, or longer")
  func lengths() {
    let bytes = Self.file.checksummed()
    for count in 0..<bytes.count {
      #expect(throws: TensorFileError.self) { try TensorFile(checksummed: Array(bytes[..<count]), file: "m") }
    }
    #expect(throws: TensorFileError.self) { try TensorFile(checksummed: bytes + [0], file: "m") }
  }

  @Test("say that they are damaged, or have no checksum")
  func messages() {
    var changed = Self.file.checksummed()
    changed[changed.count - 1] ^= 1
    let damage = message { try TensorFile(checksummed: changed, file: "m") } ?? ""
    #expect(damage.contains("damaged: the checksum is not that of the \(changed.count) bytes; expected "))
    let plain = Self.file.serialized()
    #expect(
      message { try TensorFile(checksummed: plain, file: "m") }
        == "m: damaged: no checksum; expected a file with a checksum")
  }
}
