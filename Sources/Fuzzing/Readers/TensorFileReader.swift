import Compute

@testable import TensorFiles

/// Reads safetensors files. An accepted file, written and read again, must have the same bytes.
struct TensorFileReader: FuzzedReader {
  static let name = "safetensors"

  func corpus() -> [[UInt8]] {
    let tensors = ["conv1.weight": Tensor(shape: [2, 1, 3, 3]), "fc.bias": Tensor(shape: [3], repeating: 1)]
    let files = [
      TensorFile(), TensorFile(tensors: tensors, metadata: ["espalier.kept.conv1": "0,2", "é\n": "\u{1}"]),
      TensorFile(
        tensors: tensors, integers: ["labels": [1, -2, 3, 4]], integerShapes: ["labels": [2, 2]]),
    ]
    let header =
      #"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}, "b":{"dtype":"BF16","shape":[],"#
      + #""data_offsets":[4,6]},"c":{"dtype":"F64","shape":[0,9],"data_offsets":[6,6]}}  "#
    return files.map { $0.serialized() } + [
      Self.lengthRepaired([UInt8](repeating: 0, count: 8) + header.utf8 + [1, 2, 3, 4, 5, 6])
    ]
  }

  func read(_ bytes: [UInt8]) {
    readOnce(bytes)
    readOnce(Self.lengthRepaired(bytes))
  }

  private func readOnce(_ bytes: [UInt8]) {
    guard let file = try? TensorFile(bytes: bytes, file: "fuzzed") else { return }
    let written = file.serialized()
    let again = try? TensorFile(bytes: written, file: "written")
    precondition(again?.serialized() == written, "it does not read back the same")
  }

  /// Repairs the header length to end at the last bracket: a wrong length is rejected at once, and
  /// the code after the check would not be tested.
  static func lengthRepaired(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 8, let last = bytes.lastIndex(of: UInt8(ascii: "}")), last >= 8 else { return bytes }
    let count = UInt64(last + 1 - 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(8 * $0)) } + bytes[8...]
  }
}
