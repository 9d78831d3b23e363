import Compute
import Foundation

// Short ways to make the messages of an ONNX file.

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
    self.init()
    self.name = name
    dims = tensor.shape.map(Int64.init)
    dataType = Self.floatType
    rawData = tensor.values.withUnsafeBytes { Data($0) }
  }
}

extension Onnx_ValueInfoProto {
  /// Floats of that shape; a size that is nil is named `batch`.
  init(name: String, shape: [Int?]) {
    self.init()
    self.name = name
    type.tensorType.elemType = Onnx_TensorProto.floatType
    type.tensorType.shape.dim = shape.map { size in
      .with { $0.value = size.map { .dimValue(Int64($0)) } ?? .dimParam("batch") }
    }
  }
}
