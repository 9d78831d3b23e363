/// A value of a Python pickle with plain data and arrays of bytes.
indirect enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  /// Bytes, or text in UTF-8; Python 2 does not distinguish them.
  case bytes(ArraySlice<UInt8>)
  case list([PickleValue])
  /// With its ``nesting``.
  case tuple([PickleValue], Int)
  case dictionary([String: PickleValue])
  /// A member of a module, by name: never imported or called.
  case global(String)
  /// NumPy's name of an element type, such as `u1`.
  case elementType(String)
  /// An array; its contents follow its creation.
  case array(PickledArray?)

  var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  var bytes: ArraySlice<UInt8>? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }

  var tuple: [PickleValue]? {
    if case .tuple(let items, _) = self { items } else { nil }
  }

  /// Levels of nested lists and tuples. They are limited, since a value a million levels deep could
  /// not even be released.
  var nesting: Int {
    switch self {
    case .tuple(_, let nesting): nesting
    case .list: 1
    case .dictionary: Self.maximumNesting
    default: 0
    }
  }

  static let maximumNesting = 4

  /// Whether the value may be referred to again. Lists and dictionaries grow after they have been
  /// memoized.
  var isConstant: Bool {
    switch self {
    case .none, .boolean, .integer, .bytes, .global, .elementType, .tuple: true
    case .list, .dictionary, .array: false
    }
  }
}

/// A NumPy array of bytes in row-major order.
struct PickledArray {
  var shape: [Int]
  /// The bytes, which fit the shape.
  var bytes: ArraySlice<UInt8>

  /// - Returns: nil for other element types, column-major order, or a shape that does not fit the
  ///   bytes.
  init?(shape: PickleValue, elementType: PickleValue, isColumnsFirst: Bool, bytes: PickleValue) {
    guard case .elementType("u1") = elementType, !isColumnsFirst, let bytes = bytes.bytes,
      let shape = shape.tuple?.map(\.integer), shape.allSatisfy({ $0 ?? -1 >= 0 })
    else { return nil }
    self.shape = shape.compactMap { $0 }
    var count = 1
    for size in self.shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows else { return nil }
      count = product
    }
    guard count == bytes.count else { return nil }
    self.bytes = bytes
  }
}
