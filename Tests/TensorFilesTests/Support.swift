import Compute

@testable import TensorFiles

/// A file of the given header, its length before it.
func safetensors(_ header: some Sequence<UInt8>, data: [UInt8] = []) -> [UInt8] {
  let header = Array(header)
  return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
}

func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] { safetensors(header.utf8, data: data) }

extension TensorFile {
  static func random(_ random: inout RandomStream) -> TensorFile {
    var file = TensorFile()
    for index in 0..<random.below(6) {
      let shape = (0..<random.below(4)).map { _ in random.below(5) }
      let count = shape.reduce(1, *)
      let name = "n\(index)" + String(repeating: "é\"", count: random.below(3))
      if random.below(3) == 0 {
        file.integers[name] = (0..<count).map { _ in Int(truncatingIfNeeded: random.next()) }
        file.integerShapes[name] = shape
      } else {
        file.tensors[name] = Tensor(shape: shape, values: (0..<count).map { _ in random.uniform() - 0.5 })
      }
    }
    for index in 0..<random.below(3) { file.metadata["key \(index)"] = "text \(random.next())" }
    return file
  }
}
