import Compute
import Foundation
import TensorFiles

/// Reads the values of a file's tensors, and checks them against the shapes.
struct TensorDecoding {
  /// The folder of external tensor files.
  let folder: String
  private(set) var files: [String: [UInt8]] = [:]

  init(folder: String) {
    self.folder = folder
  }

  /// A tensor's floats, whatever their width.
  mutating func floats(_ proto: Onnx_TensorProto) throws(ONNXError) -> Tensor {
    let (shape, count) = try shape(proto)
    let raw = try rawBytes(proto)
    let values: [Float]
    switch proto.dataType {
    case 1: values = raw.map { numbers($0, UInt32.self) { Float(bitPattern: $0) } } ?? proto.floatData
    case 10:
      let bits =
        raw.map { numbers($0, UInt16.self) { $0 } } ?? proto.int32Data.map(UInt16.init(truncatingIfNeeded:))
      values = bits.map(widened(half:))
    case 11:
      values =
        raw.map { numbers($0, UInt64.self) { Float(Double(bitPattern: $0)) } }
        ?? proto.doubleData.map(Float.init)
    case 16:
      let bits =
        raw.map { numbers($0, UInt16.self) { $0 } } ?? proto.int32Data.map(UInt16.init(truncatingIfNeeded:))
      values = bits.map { Float(bitPattern: UInt32($0) << 16) }
    default:
      throw ONNXError(
        problem: "the tensor `\(shown(proto.name))` has the type \(Self.typeName(proto.dataType))",
        advice: "supported: FLOAT, FLOAT16, BFLOAT16, DOUBLE; export the model before it is quantized")
    }
    guard values.count == count else {
      throw ONNXError(
        problem: "the tensor `\(shown(proto.name))` has \(values.count) values for the shape \(shape)")
    }
    return Tensor(shape: shape, values: values)
  }

  /// A short list of integers, such as axes or a shape.
  mutating func integers(_ proto: Onnx_TensorProto) throws(ONNXError) -> [Int] {
    let (shape, count) = try shape(proto)
    let raw = try rawBytes(proto)
    let values: [Int]
    switch proto.dataType {
    case 6:
      values =
        raw.map { numbers($0, UInt32.self) { Int(Int32(bitPattern: $0)) } } ?? proto.int32Data.map(Int.init)
    case 7:
      values =
        raw.map { numbers($0, UInt64.self) { Int(Int64(bitPattern: $0)) } } ?? proto.int64Data.map(Int.init)
    default: throw ONNXError(problem: "the tensor `\(shown(proto.name))` does not have integers")
    }
    guard values.count == count, shape.count <= 1 else {
      throw ONNXError(problem: "the tensor `\(shown(proto.name))` is not a list of integers")
    }
    return values
  }

  /// The name of a number in ONNX's TensorProto.DataType.
  private static func typeName(_ number: Int32) -> String {
    let names = [
      "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16",
      "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16",
    ]
    return names.indices.contains(Int(number)) ? names[Int(number)] : "number \(number)"
  }

  private func shape(_ proto: Onnx_TensorProto) throws(ONNXError) -> (shape: [Int], count: Int) {
    var count = 1
    for size in proto.dims {
      let (product, overflows) = count.multipliedReportingOverflow(by: Int(size))
      guard size > 0, !overflows else {
        throw ONNXError(
          problem: "the tensor `\(shown(proto.name))` has the shape \(proto.dims)",
          advice: "sizes are at least 1, and their product is counted")
      }
      count = product
    }
    return (proto.dims.map(Int.init), count)
  }

  /// Nil if the values are in the field of their type.
  private mutating func rawBytes(_ proto: Onnx_TensorProto) throws(ONNXError) -> [UInt8]? {
    if proto.dataLocation == 1 { return try externalBytes(proto) }
    return proto.rawData.isEmpty ? nil : [UInt8](proto.rawData)
  }

  /// Values in an external file, as PyTorch writes them.
  private mutating func externalBytes(_ proto: Onnx_TensorProto) throws(ONNXError) -> [UInt8] {
    let entries = Dictionary(proto.externalData.map { ($0.key, $0.value) }) { first, _ in first }
    let location = entries["location"] ?? ""
    guard !location.isEmpty, !location.contains("/"), !location.contains("\\"), location != "..",
      !location.contains("\0")
    else {
      throw ONNXError(
        problem: "values are in the file `\(shown(location))`, which is not in the model's folder",
        advice: "write one file: onnx.save_model(onnx.load(PATH), PATH)")
    }
    if files[location] == nil {
      do throws(TensorFileError) {
        files[location] = try DurableFile.read(folder + "/" + location)
      } catch {
        throw ONNXError(
          problem: "values are in the file `\(shown(location))` beside it: \(error.problem)",
          advice: "copy it along, or export with external_data=False")
      }
    }
    let bytes = files[location] ?? []
    let offset = Int(entries["offset"] ?? "0") ?? -1
    let length = entries["length"].map { Int($0) ?? -1 } ?? (offset < 0 ? -1 : bytes.count - offset)
    guard offset >= 0, length >= 0, offset <= bytes.count, length <= bytes.count - offset else {
      throw ONNXError(problem: "the file `\(shown(location))` is too short; it does not belong to the model")
    }
    return Array(bytes[offset..<offset + length])
  }
}

/// Little-endian numbers; trailing bytes of an incomplete number are ignored.
private func numbers<Bits: FixedWidthInteger, Value>(
  _ bytes: [UInt8], _ type: Bits.Type, _ convert: (Bits) -> Value
) -> [Value] {
  let size = MemoryLayout<Bits>.size
  return bytes.withUnsafeBytes { buffer in
    (0..<bytes.count / size).map {
      convert(Bits(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * size, as: Bits.self)))
    }
  }
}

/// A name from a file for messages: short, and without control characters.
func shown(_ name: String) -> String {
  let safe = name.unicodeScalars.prefix(100).map {
    $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "?" : $0
  }
  return String(String.UnicodeScalarView(safe))
}
