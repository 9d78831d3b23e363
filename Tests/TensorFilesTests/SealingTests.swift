import Compute
import TestSupport
import Testing

@testable import TensorFiles

@Suite("Sealed tensor files")
struct SealingTests {
  private static let file = TensorFile(
    tensors: ["a.weight": Tensor(shape: [2, 3], values: [1, -2, 3.5, .infinity, 0, 1e-30])],
    integers: ["b": [1, -1]], integerShapes: ["b": [2]],
    metadata: ["note": "a \"crc32\":\"00000000\" that is none", "A": "before"])

  @Test("read back as they were, and are tensor files for everybody else")
  func roundTrip() throws {
    let sealed = Self.file.sealed()
    #expect(try TensorFile(sealed: sealed, file: "m") == Self.file)
    #expect(try TensorFile(bytes: sealed, file: "m").tensors == Self.file.tensors)
    #expect(sealed == Self.file.sealed())
    let empty = TensorFile()
    #expect(try TensorFile(sealed: empty.sealed(), file: "m") == empty)
  }

  @Test("are refused with any one bit changed")
  func bits() {
    let sealed = Self.file.sealed()
    for index in sealed.indices {
      for bit in 0..<8 {
        var changed = sealed
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: TensorFileError.self, "bit \(bit) of byte \(index)") {
          try TensorFile(sealed: changed, file: "m")
        }
      }
    }
  }

  @Test("are refused when cut off anywhere, or longer")
  func lengths() {
    let sealed = Self.file.sealed()
    for count in 0..<sealed.count {
      #expect(throws: TensorFileError.self) { try TensorFile(sealed: Array(sealed[..<count]), file: "m") }
    }
    #expect(throws: TensorFileError.self) { try TensorFile(sealed: sealed + [0], file: "m") }
  }

  @Test("say that they are damaged, or have no seal")
  func messages() {
    var changed = Self.file.sealed()
    changed[changed.count - 1] ^= 1
    let damage = message { try TensorFile(sealed: changed, file: "m") } ?? ""
    #expect(damage.contains("damaged: the checksum is not that of the \(changed.count) bytes; expected "))
    let unsealed = Self.file.serialized()
    #expect(
      message { try TensorFile(sealed: unsealed, file: "m") }
        == "m: damaged: no checksum; expected a sealed file")
  }
}
