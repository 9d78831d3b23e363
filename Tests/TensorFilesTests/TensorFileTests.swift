import Compute
import Foundation
import TestSupport
import Testing

@testable import TensorFiles

@Suite("Tensor files: round trips")
struct TensorFileTests {
  @Test("what is written is read again, bit for bit")
  func roundTrip() throws {
    let values: [Float] = [0, -0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude]
    let file = TensorFile(
      tensors: [
        "layer1.0.conv1.weight": Tensor(shape: [1, 2, 1, 3], values: values),
        "scalar": Tensor(shape: [], values: [7]),
        "empty": Tensor(shape: [0, 3], values: []),
      ],
      integers: ["labels": [3, -1, .max, .min], "grid": [1, 2, 3, 4]],
      integerShapes: ["labels": [4], "grid": [2, 2]],
      metadata: ["kept": "{\"conv1\": [0, 2]}", "line\nbreak": "tab\t, quote \", \\, ü, 🌳, \u{1}"])
    let read = try TensorFile(bytes: file.serialized(), file: "t")
    #expect(read == file)
    #expect(read.tensors["layer1.0.conv1.weight"]?.values.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test("the bytes do not depend on the order in which names were added, and the header is padded to 8")
  func deterministic() throws {
    var forward = TensorFile(), backward = TensorFile()
    let names = (0..<50).map { "tensor\($0)" }
    for name in names { forward.tensors[name] = Tensor(shape: [1], repeating: 1) }
    for name in names.reversed() { backward.tensors[name] = Tensor(shape: [1], repeating: 1) }
    let bytes = forward.serialized()
    #expect(bytes == backward.serialized())
    #expect(bytes[0] % 8 == 0)
  }

  @Test("a file as the format's description has it")
  func literalBytes() throws {
    let file = TensorFile(
      tensors: ["b": Tensor(shape: [1], values: [1])], integers: ["a": [2]], metadata: ["k": "v"])
    let header =
      #"{"__metadata__":{"k":"v"},"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let expected: [UInt8] =
      [UInt8(truncatingIfNeeded: padded.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8)
      + [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F]
    #expect(file.serialized() == expected)
  }

  @Test("random files are read as they were written")
  func randomRoundTrips() throws {
    for index in 0..<200 {
      var random = RandomStream(seed: 5, purpose: .test, index: index)
      let file = TensorFile.random(&random)
      #expect(try TensorFile(bytes: file.serialized(), file: "t") == file)
    }
  }

  @Test("every element type gives its values")
  func elementTypes() throws {
    func read(_ type: String, _ bytes: [UInt8], count: Int) throws -> TensorFile {
      let header = #"{"x":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(bytes.count)]}}"#
      return try TensorFile(bytes: safetensors(header, data: bytes), file: "t")
    }
    // 1.0, -2.0, smallest subnormal, largest, minus infinity.
    let half: [UInt8] = [0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0xFF, 0x7B, 0x00, 0xFC]
    #expect(
      try read("F16", half, count: 5).tensors["x"]?.values == [1, -2, 0x1p-24, 65504, -.infinity])
    #expect(try read("BF16", [0x80, 0x3F, 0x49, 0xC0], count: 2).tensors["x"]?.values == [1, -3.140625])
    #expect(
      try read("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], count: 1).tensors["x"]?.values == [1.5])
    #expect(try read("I32", [0xFE, 0xFF, 0xFF, 0xFF], count: 1).integers["x"] == [-2])
    #expect(try read("U8", [0, 255], count: 2).integers["x"] == [0, 255])
  }

  @Test("a not-a-number half stays one, and every finite half has its value")
  func halves() {
    #expect(widened(half: 0x7E00).isNaN)
    for bits in UInt16(0)..<0x7C00 {
      let exponent = Int(bits >> 10), fraction = Double(bits & 0x3FF)
      let value = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * pow(2, Double(exponent - 25))
      #expect(Double(widened(half: bits)) == value)
    }
  }

  @Test("integer tensors without a fitting shape have one dimension")
  func integerShapes() {
    var file = TensorFile(integers: ["x": [1, 2, 3, 4]], integerShapes: ["x": [2, 2]])
    #expect(file.integerShape("x") == [2, 2])
    file.integers["x"] = [1, 2, 3]
    #expect(file.integerShape("x") == [3])
    #expect(file.integerShape("y") == nil)
  }

  @Test("names and text with escapes are read")
  func escapes() throws {
    let header = #"{"__metadata__":{"a\u00e9\n\"\\\/\b\f\r\t":"\ud83c\udf33"}}"#
    let file = try TensorFile(bytes: safetensors(header), file: "t")
    #expect(file.metadata == ["aé\n\"\\/\u{8}\u{C}\r\t": "🌳"])
  }
}

@Suite("Tensor files: on disk")
struct TensorFileDiskTests {
  @Test("a file is written, replaced and read, and nothing else is left in the folder")
  func write() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    try TensorFile(metadata: ["version": "1"]).write(to: path)
    let second = TensorFile(tensors: ["w": Tensor(shape: [300, 100], repeating: 2)])
    try second.write(to: path)
    #expect(try TensorFile(contentsOf: path) == second)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
  }

  @Test("a missing file, a folder and an unwritable path are errors with the path")
  func unusablePaths() throws {
    let folder = try TemporaryFolder()
    let missing = folder.path + "/none/x.safetensors"
    #expect(
      message { try TensorFile(contentsOf: missing) }
        == "\(missing): cannot read: No such file or directory; expected a safetensors file")
    #expect(
      message { try TensorFile(contentsOf: folder.path) }
        == "\(folder.path): cannot read: it is a folder; expected a safetensors file")
    #expect(
      message { try TensorFile(contentsOf: "/dev/null") }
        == "/dev/null: cannot read: it is not a regular file; expected a safetensors file")
    #expect(
      message { try TensorFile().write(to: missing) }
        == "\(missing): cannot write: No such file or directory; expected a writable place")
    #expect(
      message { try TensorFile().write(to: folder.path) }
        == "\(folder.path): cannot write: it is a folder; expected a writable place")
    #expect(message { try TensorFile().write(to: "") }?.hasPrefix(": cannot write: ") == true)
  }
}
