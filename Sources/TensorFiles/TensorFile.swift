import Compute

/// The contents of a safetensors file: named tensors and text metadata.
///
/// The format (https://github.com/huggingface/safetensors) is an 8-byte little-endian header
/// length, a JSON header that names element type, shape and byte range of each tensor, and the
/// tensors' values, row-major and little-endian, without gaps. Reading checks all of it, so that a
/// damaged file is an error with a location and never a trap:
///
///     let file = try TensorFile(contentsOf: "model.safetensors")
///     let weight = file.tensors["conv1.weight"]   // [outputs, inputs, rows, columns]
///
/// Writing produces the same bytes for the same contents.
public struct TensorFile: Equatable, Sendable {
  /// Floating-point tensors by name. F32 is exact; F64 is rounded to the nearest Float; F16 and
  /// BF16 are widened.
  public var tensors: [String: Tensor]
  /// Integer tensors, such as labels, by name, with values in row-major order. I64, I32 and U8 are
  /// read, I64 is written.
  public var integers: [String: [Int]]
  /// Shapes of `integers`. A missing shape, or one that does not fit the number of values, means
  /// one dimension.
  public var integerShapes: [String: [Int]]
  /// Types in the file, by name, of integer tensors of other types than I64.
  var narrowIntegerTypes: [String: ElementType] = [:]
  /// Text by name.
  public var metadata: [String: String]

  public init(
    tensors: [String: Tensor] = [:], integers: [String: [Int]] = [:], integerShapes: [String: [Int]] = [:],
    metadata: [String: String] = [:]
  ) {
    self.tensors = tensors
    self.integers = integers
    self.integerShapes = integerShapes
    self.metadata = metadata
  }

  /// The type of an integer tensor in its file, such as `I32`; nil if there is none with this name.
  public func integerType(_ name: String) -> String? {
    integers[name].map { _ in (narrowIntegerTypes[name] ?? .int64).rawValue }
  }

  /// The shape of an integer tensor; nil if there is none with this name.
  func integerShape(_ name: String) -> [Int]? {
    guard let values = integers[name] else { return nil }
    guard let shape = integerShapes[name], elementCount(of: shape) == values.count else {
      return [values.count]
    }
    return shape
  }
}

/// The number of values of a shape; nil if a dimension is negative or a product of dimensions
/// overflows.
///
/// Zeros do not hide an overflow of the other dimensions: `[0, 2^62, 2^62]` is rejected, because
/// parts of it are multiplied, too.
func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for dimension in shape where dimension != 0 {
    let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
    guard dimension > 0, !overflow else { return nil }
    product = next
  }
  return shape.contains(0) ? 0 : product
}
