/// Reads Python pickles of plain data and NumPy arrays of bytes, as in CIFAR's Python version, with
/// protocols 2 to 5 (https://github.com/python/cpython/blob/main/Lib/pickletools.py describes every
/// opcode).
///
/// Pickles are programs for a stack machine that can import and call anything. This reader supports
/// only opcodes that build plain data, and four names for arrays and bytes: nothing is imported or
/// called. Time and memory are proportional to the length of the file.
struct PickleReader {
  /// Largest number of values pushed on the stack: the largest pickle here has 250,000.
  static let maximumValues = 1 << 22

  private let bytes: [UInt8]
  private var position = 0
  /// Offset of the current opcode.
  private var start = 0
  private var stack: [PickleValue] = []
  /// Stack heights at which lists, tuples and dictionaries begin.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// Number of MEMOIZE opcodes, for constants or not.
  private var memoized = 0
  private var values = 0
  /// Bytes of all texts that were copied.
  private var copied = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value of a pickle.
  static func read(_ bytes: [UInt8]) throws(Damage) -> PickleValue {
    var reader = PickleReader(bytes)
    return try reader.run()
  }

  private mutating func run() throws(Damage) -> PickleValue {
    guard try byte() == Opcode.proto, case let version = try byte(), (2...5).contains(version) else {
      throw damage("it does not begin as a pickle of protocol 2 to 5")
    }
    while true {
      start = position
      let opcode = try byte()
      if opcode == Opcode.stop { break }
      try execute(opcode)
    }
    guard stack.count == 1, marks.isEmpty, let value = stack.popLast() else {
      throw damage("it ends with \(stack.count) values")
    }
    return value
  }

  private func damage(_ problem: String) -> Damage { Damage(offset: start, problem: problem) }

  // MARK: Opcodes

  /// Opcodes that are not a letter in the code below have the names of Python's pickletools.
  private enum Opcode {
    static let proto: UInt8 = 0x80
    static let stop = UInt8(ascii: ".")
  }

  private mutating func execute(_ opcode: UInt8) throws(Damage) {
    switch opcode {
    case UInt8(ascii: "N"): try push(.none)
    case 0x88: try push(.boolean(true))
    case 0x89: try push(.boolean(false))
    case UInt8(ascii: "K"): try push(.integer(number(bytes: 1)))
    case UInt8(ascii: "M"): try push(.integer(number(bytes: 2)))
    case UInt8(ascii: "J"): try push(.integer(Int(Int32(truncatingIfNeeded: number(bytes: 4)))))
    // Strings, texts, bytes and byte arrays, preceded by their length.
    case UInt8(ascii: "U"), 0x8C, UInt8(ascii: "C"): try push(.bytes(take(number(bytes: 1))))
    case UInt8(ascii: "T"), UInt8(ascii: "X"), UInt8(ascii: "B"): try push(.bytes(take(number(bytes: 4))))
    case 0x8D, 0x8E, 0x96: try push(.bytes(take(number(bytes: 8))))
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "]"): try push(.list([]))
    case UInt8(ascii: "}"): try push(.dictionary([:]))
    case UInt8(ascii: ")"): try push(.tuple([], 1))
    case UInt8(ascii: "t"): try pushTuple(popMarked())
    case 0x85...0x87: try pushTuple(pop(Int(opcode) - 0x84))
    case UInt8(ascii: "a"): try append(pop(1))
    case UInt8(ascii: "e"): try append(popMarked())
    case UInt8(ascii: "s"): try insert(pop(2))
    case UInt8(ascii: "u"): try insert(popMarked())
    case UInt8(ascii: "c"): try push(.global("\(line()) \(line())"))
    case 0x93: try pushGlobal(pop(2))
    case UInt8(ascii: "R"): try construct(pop(2))
    case UInt8(ascii: "b"): try fill(pop(2))
    default: try executeMemo(opcode)
    }
  }

  private mutating func executeMemo(_ opcode: UInt8) throws(Damage) {
    switch opcode {
    case UInt8(ascii: "q"): try remember(number(bytes: 1))
    case UInt8(ascii: "r"): try remember(number(bytes: 4))
    case 0x94: try remember(memoized)
    case UInt8(ascii: "h"): try recall(number(bytes: 1))
    case UInt8(ascii: "j"): try recall(number(bytes: 4))
    // The length of a frame, which does not affect values.
    case 0x95: _ = try take(8)
    default: throw damage("the opcode \(opcode) builds no plain data")
    }
  }

  // MARK: Bytes

  private mutating func byte() throws(Damage) -> UInt8 {
    guard position < bytes.count else { throw damage("the pickle is cut off") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw damage("the pickle is cut off") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// An unsigned little-endian number; negative if it has more bits than an `Int`.
  private mutating func number(bytes count: Int) throws(Damage) -> Int {
    Int(truncatingIfNeeded: try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private mutating func line() throws(Damage) -> String {
    guard let end = bytes[position...].prefix(256).firstIndex(of: UInt8(ascii: "\n")) else {
      throw damage("a name that does not end")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  // MARK: Stack

  private mutating func push(_ value: PickleValue) throws(Damage) {
    values += 1
    guard values <= Self.maximumValues else { throw damage("more than \(Self.maximumValues) values") }
    stack.append(value)
  }

  /// The last values, which must be above the last mark.
  private mutating func pop(_ count: Int) throws(Damage) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else { throw damage("a value is missing") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMarked() throws(Damage) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw damage("a mark is missing") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func pushTuple(_ items: [PickleValue]) throws(Damage) {
    let nesting = 1 + (items.map(\.nesting).max() ?? 0)
    guard nesting < PickleValue.maximumNesting else { throw damage("nested too deep") }
    try push(.tuple(items, nesting))
  }

  private mutating func append(_ items: [PickleValue]) throws(Damage) {
    guard case .list(var list)? = try pop(1).first else { throw damage("no list to add to") }
    guard items.allSatisfy({ $0.nesting == 0 }) else { throw damage("nested too deep") }
    list += items
    stack.append(.list(list))
  }

  /// Adds alternating keys and values.
  private mutating func insert(_ items: [PickleValue]) throws(Damage) {
    guard case .dictionary(var dictionary)? = try pop(1).first, items.count.isMultiple(of: 2) else {
      throw damage("no dictionary to add to")
    }
    for index in stride(from: 0, to: items.count, by: 2) {
      guard let key = try text(items[index]) else { throw damage("a key that is no text") }
      guard items[index + 1].nesting < PickleValue.maximumNesting else { throw damage("nested too deep") }
      dictionary[key] = items[index + 1]
    }
    stack.append(.dictionary(dictionary))
  }

  // MARK: Memory

  private mutating func remember(_ number: Int) throws(Damage) {
    guard let value = stack.last else { throw damage("a value is missing") }
    memoized += 1
    if value.isConstant { memo[number] = value }
  }

  private mutating func recall(_ number: Int) throws(Damage) {
    guard let value = memo[number] else { throw damage("it refers back to \(number), which is no constant") }
    try push(value)
  }

  // MARK: Names

  /// A copy of a value that is text.
  ///
  /// The pickle can refer to a text any number of times. Copies of texts that each stand in it are
  /// shorter than the pickle together.
  private mutating func text(_ value: PickleValue?) throws(Damage) -> String? {
    copied += value?.bytes?.count ?? 0
    guard copied <= bytes.count else { throw damage("its texts repeat to more than its length") }
    return value?.text
  }

  private mutating func pushGlobal(_ names: [PickleValue]) throws(Damage) {
    guard names.count == 2, let module = try text(names[0]), let name = try text(names[1]) else {
      throw damage("a name that is no text")
    }
    try push(.global("\(module) \(name)"))
  }

  /// The value that represents a call of one of the supported names.
  private mutating func construct(_ call: [PickleValue]) throws(Damage) {
    guard call.count == 2, case .global(let name) = call[0], let arguments = call[1].tuple else {
      throw damage("a call of what has no name")
    }
    let refusal = damage("it calls \(name.replacing(" ", with: ".")), which is never run here")
    // NumPy 2 has renamed its inner modules.
    switch name.replacing("numpy._core", with: "numpy.core") {
    case "numpy.core.multiarray _reconstruct": try push(.array(nil))
    case "numpy dtype":
      guard let type = try text(arguments.first) else { throw refusal }
      try push(.elementType(type))
    case "numpy.core.numeric _frombuffer" where arguments.count == 4:
      let order = try text(arguments[3])
      try push(
        array(shape: arguments[2], arguments[1], isColumnsFirst: order != "C", bytes: arguments[0]))
    case "_codecs encode":
      guard let characters = try text(arguments.first) else { throw refusal }
      try push(.bytes(latin(characters)))
    default: throw refusal
    }
  }

  /// Bytes that Python 3 has written as text for Python 2, with one character per byte.
  private func latin(_ text: String) throws(Damage) -> ArraySlice<UInt8> {
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { throw damage("a text that is no bytes") }
      result.append(byte)
    }
    return result[...]
  }

  /// Sets the contents of a constructed value.
  private mutating func fill(_ values: [PickleValue]) throws(Damage) {
    switch (values[0], values[1].tuple) {
    case (.elementType, _?): stack.append(values[0])
    case (.array, let state?) where state.count == 5:
      guard case .boolean(let isColumnsFirst) = state[3] else { throw damage("an array without an order") }
      stack.append(try array(shape: state[1], state[2], isColumnsFirst: isColumnsFirst, bytes: state[4]))
    default: throw damage("an object that is no array")
    }
  }

  private func array(
    shape: PickleValue, _ elementType: PickleValue, isColumnsFirst: Bool, bytes: PickleValue
  ) throws(Damage) -> PickleValue {
    guard
      let array = PickledArray(
        shape: shape, elementType: elementType, isColumnsFirst: isColumnsFirst, bytes: bytes)
    else { throw damage("an array of something else than bytes in rows") }
    return .array(array)
  }
}
