import Compute
import Foundation
import Testing

@testable import ONNX

@Suite("Values of tensors in ONNX files")
struct TensorDecodingTests {
  private typealias Change = (inout Onnx_TensorProto) -> Void

  private func tensor(_ type: Int32, _ change: Change) -> Onnx_TensorProto {
    var tensor = Onnx_TensorProto()
    tensor.dims = [2]
    tensor.dataType = type
    change(&tensor)
    return tensor
  }

  /// The bytes of numbers, little-endian.
  private func bytes(_ numbers: [some FixedWidthInteger]) -> Data {
    numbers.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }

  @Test("are floats of any width, as raw bytes or in the field of their type")
  func floats() throws {
    let doubles = [1.5, -0.25]
    // FLOAT, FLOAT16, DOUBLE and BFLOAT16.
    let tensors: [Onnx_TensorProto] = [
      tensor(1) { $0.floatData = [1.5, -0.25] },
      tensor(1) { $0.rawData = bytes([0x3FC0_0000, 0xBE80_0000] as [UInt32]) },
      tensor(10) { $0.int32Data = [0x3E00, 0xB400] },
      tensor(10) { $0.rawData = bytes([0x3E00, 0xB400] as [UInt16]) },
      tensor(11) { $0.doubleData = doubles },
      tensor(11) { $0.rawData = bytes(doubles.map(\.bitPattern)) },
      tensor(16) { $0.int32Data = [0x3FC0, 0xBE80] },
      tensor(16) { $0.rawData = bytes([0x3FC0, 0xBE80] as [UInt16]) },
    ]
    for tensor in tensors {
      var decoding = TensorDecoding(folder: ".")
      let expected = Tensor(shape: [2], values: [1.5, -0.25])
      #expect(try decoding.floats(tensor) == expected, "type \(tensor.dataType)")
    }
  }

  @Test("are whole numbers of 32 or 64 bits, as raw bytes or in the field of their type")
  func integers() throws {
    let tensors: [Onnx_TensorProto] = [
      tensor(6) { $0.int32Data = [7, -2] }, tensor(6) { $0.rawData = bytes([7, -2] as [Int32]) },
      tensor(7) { $0.int64Data = [7, -2] }, tensor(7) { $0.rawData = bytes([7, -2] as [Int64]) },
    ]
    for tensor in tensors {
      var decoding = TensorDecoding(folder: ".")
      #expect(try decoding.integers(tensor) == [7, -2], "type \(tensor.dataType)")
    }
  }
}
