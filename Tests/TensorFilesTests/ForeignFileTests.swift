import Compute
import Testing

@testable import TensorFiles

@Suite("Files from elsewhere")
struct ForeignFileTests {
  private func problem(_ bytes: [UInt8], _ name: String = "w.safetensors") -> String? {
    do throws(TensorFileError) {
      _ = try TensorFile(bytes: bytes, file: name)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test("are named by what they are")
  func kinds() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 46827520\n"
    #expect(
      problem(Array(pointer.utf8))
        == "it is a Git LFS pointer, not the file itself: `git lfs pull` fetches it")
    let archive = Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 100)
    #expect(
      problem(archive, "w.pth") == "it is a zip archive, as PyTorch's .pth and .pt files and NumPy's .npz are"
    )
    #expect(
      problem([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC], "w.pth")
        == "it is a Python pickle, as older .pth and .pt files of PyTorch are")
    #expect(problem([8, 9, 0x12, 7] + Array("pytorch".utf8), "a/w.ONNX") == "it is an ONNX model")
    #expect(
      problem(Array("\u{89}HDF\r\n\u{1A}\n".unicodeScalars.map { UInt8($0.value) }))
        == "it is an HDF5 file, as Keras writes it")
    #expect(problem(Array("  <!DOCTYPE HTML>".utf8))?.hasPrefix("it is an HTML page") == true)
    #expect(problem(Array("PAR1".utf8))?.hasPrefix("it is a Parquet table") == true)
    #expect(problem([0x1F, 0x8B, 8, 0])?.hasPrefix("it is a gzip file") == true)
    #expect(problem(Array("hello".utf8)) == "the file ends after 5 bytes")
  }

  @Test("are what they are, whatever they are called")
  func names() throws {
    let file = TensorFile(tensors: ["a": Tensor(shape: [1], values: [1])])
    #expect(try TensorFile(bytes: file.serialized(), file: "w.onnx") == file)
  }

  @Test("lose the prefix of PyTorch's wrappers where every name has it")
  func wrappers() {
    let plain = TensorFile(
      tensors: [
        "conv1.weight": Tensor(shape: [1], values: [2]), "module.inner": Tensor(shape: [1], values: [3]),
      ],
      integers: ["bn1.num_batches_tracked": [7]], integerShapes: ["bn1.num_batches_tracked": []],
      metadata: ["a": "b"])
    func wrapped(_ prefix: String) -> TensorFile {
      TensorFile(
        tensors: Dictionary(uniqueKeysWithValues: plain.tensors.map { (prefix + $0.key, $0.value) }),
        integers: Dictionary(uniqueKeysWithValues: plain.integers.map { (prefix + $0.key, $0.value) }),
        integerShapes: Dictionary(
          uniqueKeysWithValues: plain.integerShapes.map { (prefix + $0.key, $0.value) }),
        metadata: plain.metadata)
    }
    func unwrapped(_ file: TensorFile) -> TensorFile {
      file.renamed(TensorFile.withoutWrappers(Array(file.tensors.keys) + Array(file.integers.keys)))
    }
    for prefix in ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."] {
      #expect(unwrapped(wrapped(prefix)) == plain)
    }
    var mixed = wrapped("module.")
    mixed.tensors["fc.bias"] = Tensor(shape: [1])
    #expect(unwrapped(mixed) == mixed)
    #expect(unwrapped(TensorFile()) == TensorFile())
  }
}
