import Compute
import Foundation

// Convenience initializers for the messages of an ONNX file.

extension Onnx_AttributeProto {
  static func int(_ name: String, _ value: Int) -> Onnx_AttributeProto {
    .with {
      $0.name = name
      $0.i = Int64(value)
      $0.type = 2
    }
  }

  static func float(_ name: String, _ value: Float) -> Onnx_AttributeProto {
    .with {
      $0.name = name
      $0.f = value
      $0.type = 1
    }
  }

  static func ints(_ name: String, _ values: [Int]) -> Onnx_AttributeProto {
    .with {
      $0.name = name
      $0.ints = values.map(Int64.init)
      $0.type = 7
    }
  }
}

extension Onnx_TensorProto {
  static let floatType: Int32 = 1

  /// 32-bit floats, little-endian.
  init(_ tensor: Tensor, name: String) {
    self.init(name: name, shape: tensor.shape, tensor.values, type: Self.floatType)
  }

  /// Whole numbers, little-endian.
  init<Number: QuantizedNumber>(name: String, shape: [Int], _ values: [Number]) {
    self.init(name: name, shape: shape, values, type: Number.tensorType)
  }

  private init<Number>(name: String, shape: [Int], _ values: [Number], type: Int32) {
    self.init()
    self.name = name
    dims = shape.map(Int64.init)
    dataType = type
    rawData = values.withUnsafeBytes { Data($0) }
  }
}

/// Integer types of quantized values.
protocol QuantizedNumber: FixedWidthInteger {
  /// The ONNX type, for `TensorProto.data_type`.
  static var tensorType: Int32 { get }
}

extension UInt8: QuantizedNumber { static let tensorType: Int32 = 2 }
extension Int8: QuantizedNumber { static let tensorType: Int32 = 3 }
extension Int32: QuantizedNumber { static let tensorType: Int32 = 6 }

extension Onnx_ValueInfoProto {
  /// Floats of this shape; a size that is nil is named `batch`.
  init(name: String, shape: [Int?]) {
    self.init()
    self.name = name
    type.tensorType.elemType = Onnx_TensorProto.floatType
    type.tensorType.shape.dim = shape.map { size in
      .with { $0.value = size.map { .dimValue(Int64($0)) } ?? .dimParam("batch") }
    }
  }
}
