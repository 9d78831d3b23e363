/// How planes store their values. Sums, weights and statistics are in single precision, or better,
/// with either; products by instructions for bfloat16 round the weights that they read, and images.
public enum Precision: String, CaseIterable, Sendable {
  /// Single precision, 32 bits.
  case float32
  /// The upper half of single precision: the same range with 8 significant bits. Values are
  /// rounded to the nearest when they are stored, ties to even.
  case bfloat16

  /// Single precision if any of these planes has it.
  public static func greatest(_ planes: Planes...) -> Precision {
    planes.contains { $0.precision == .float32 } ? .float32 : .bfloat16
  }

  /// Of planes that are read and written together.
  static func least(_ planes: Planes...) -> Precision {
    planes.contains { $0.precision != .float32 } ? .bfloat16 : .float32
  }

  /// Of one value.
  public var bytes: Int {
    switch self {
    case .float32: MemoryLayout<Float>.stride
    case .bfloat16: MemoryLayout<UInt16>.stride
    }
  }
}
