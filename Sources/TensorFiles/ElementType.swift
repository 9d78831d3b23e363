/// Supported element types of safetensors, and decoding of their little-endian values.
enum ElementType: String, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case uint8 = "U8"

  /// Bytes per element.
  var size: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16: 2
    case .uint8: 1
    }
  }

  var isInteger: Bool {
    switch self {
    case .int64, .int32, .uint8: true
    case .float64, .float32, .float16, .bfloat16: false
    }
  }

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// The values of a floating-point type.
  func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
    switch self {
    case .float64: elements(bytes) { Float(Double(bitPattern: $0)) }
    case .float32: elements(bytes) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
    case .float16: elements(bytes) { widened(half: UInt16(truncatingIfNeeded: $0)) }
    case .bfloat16: elements(bytes) { Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16) }
    case .int64, .int32, .uint8: integers(bytes).map(Float.init)
    }
  }

  /// The values of an integer type.
  func integers(_ bytes: ArraySlice<UInt8>) -> [Int] {
    switch self {
    case .int64: elements(bytes) { Int(truncatingIfNeeded: $0) }
    case .int32: elements(bytes) { Int(Int32(truncatingIfNeeded: $0)) }
    case .uint8: bytes.map(Int.init)
    case .float64, .float32, .float16, .bfloat16: []
    }
  }

  private func elements<Value>(_ bytes: ArraySlice<UInt8>, _ value: (UInt64) -> Value) -> [Value] {
    let size = size
    var values: [Value] = []
    values.reserveCapacity(bytes.count / size)
    var start = bytes.startIndex
    while start + size <= bytes.endIndex {
      var bits: UInt64 = 0
      for byte in 0..<size { bits |= UInt64(bytes[start + byte]) << UInt64(8 * byte) }
      values.append(value(bits))
      start += size
    }
    return values
  }
}

/// The value of an IEEE 754 binary16 number. `Float16` does not exist on every platform Swift runs
/// on.
package func widened(half bits: UInt16) -> Float {
  let sign: FloatingPointSign = bits >> 15 == 0 ? .plus : .minus
  let exponent = Int(bits >> 10) & 0x1F
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0: return Float(sign: sign, exponent: -24, significand: Float(fraction))
  case 0x1F: return Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7F80_0000 | fraction << 13)
  default: return Float(sign: sign, exponent: exponent - 25, significand: Float(fraction | 0x400))
  }
}
