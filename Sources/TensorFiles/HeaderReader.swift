/// Reads the JSON header of a safetensors file, and supports only the JSON of such headers.
///
/// A general JSON reader would keep the last of two equal names and turn 1.0 into 1; here both are
/// errors, and every error has its byte offset.
struct HeaderReader {
  struct Entry: Equatable {
    var name: String
    var type: ElementType
    var shape: [Int]
    /// Byte range in the data that follows the header.
    var begin: Int
    var end: Int
    /// Offset of the entry in the file, for errors.
    var offset: Int
  }

  private let bytes: [UInt8]
  private let file: String
  private let end: Int
  private var position: Int

  /// - Parameter range: range of the header in `bytes`.
  init(bytes: [UInt8], range: Range<Int>, file: String) {
    self.bytes = bytes
    self.file = file
    self.end = range.upperBound
    self.position = range.lowerBound
  }

  mutating func read() throws(TensorFileError) -> (entries: [Entry], metadata: [String: String]) {
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    try readObject("the header") { reader, name, offset throws(TensorFileError) in
      if name == "__metadata__" {
        metadata = try reader.readMetadata()
      } else {
        entries.append(try reader.readEntry(name, offset))
      }
    }
    skipSpace()
    if position < end {
      throw error(
        "\(shown(bytes[position])) after the header's JSON object", expected: "spaces up to byte \(end)")
    }
    return (entries, metadata)
  }

  private mutating func readMetadata() throws(TensorFileError) -> [String: String] {
    var metadata: [String: String] = [:]
    try readObject("__metadata__") { reader, name, _ throws(TensorFileError) in
      metadata[name] = try reader.readString("the text of __metadata__ \"\(name)\"")
    }
    return metadata
  }

  private mutating func readEntry(_ name: String, _ offset: Int) throws(TensorFileError) -> Entry {
    var type: ElementType?
    var shape: [Int]?
    var range: [Int]?
    try readObject("the entry of tensor \"\(name)\"") { reader, key, keyOffset throws(TensorFileError) in
      switch key {
      case "dtype": type = try reader.readType(name)
      case "shape": shape = try reader.readIntegers("shape of tensor \"\(name)\"")
      case "data_offsets":
        let start = reader.position
        let offsets = try reader.readIntegers("data_offsets of tensor \"\(name)\"")
        guard offsets.count == 2 else {
          throw reader.error(
            "data_offsets of tensor \"\(name)\" has \(offsets.count) numbers", expected: "[begin, end]",
            at: start)
        }
        range = offsets
      default:
        throw reader.error(
          "tensor \"\(name)\" has the unknown key \"\(key)\"", expected: "dtype, shape and data_offsets",
          at: keyOffset)
      }
    }
    guard let type, let shape, let range else {
      let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw error(
        "tensor \"\(name)\" has no \(missing)", expected: "dtype, shape and data_offsets", at: offset)
    }
    return Entry(name: name, type: type, shape: shape, begin: range[0], end: range[1], offset: offset)
  }

  private mutating func readType(_ name: String) throws(TensorFileError) -> ElementType {
    skipSpace()
    let start = position
    let text = try readString("dtype of tensor \"\(name)\"")
    guard let type = ElementType(rawValue: text) else {
      throw error(
        "tensor \"\(name)\" has dtype \"\(text)\"", expected: "one of \(ElementType.names)", at: start)
    }
    return type
  }

  // MARK: JSON

  /// Reads `{"key": value, ...}`; `readValue` reads a value, given its key and the key's offset.
  private mutating func readObject(
    _ what: String,
    _ readValue: (inout HeaderReader, String, Int) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    try expect("{", "\(what) is not a JSON object")
    var names: Set<String> = []
    if skip("}") { return }
    repeat {
      skipSpace()
      let start = position
      let name = try readString("a name in \(what)")
      guard names.insert(name).inserted else {
        throw error("\(what) has \"\(name)\" twice", expected: "each name once", at: start)
      }
      try expect(":", "no value after \"\(name)\"")
      skipSpace()
      try readValue(&self, name, start)
    } while skip(",")
    try expect("}", "\(what) does not end")
  }

  private mutating func readIntegers(_ what: String) throws(TensorFileError) -> [Int] {
    try expect("[", "\(what) is not a list")
    var numbers: [Int] = []
    if skip("]") { return numbers }
    repeat { numbers.append(try readInteger(what)) } while skip(",")
    try expect("]", "\(what) does not end")
    return numbers
  }

  private mutating func readInteger(_ what: String) throws(TensorFileError) -> Int {
    skipSpace()
    let start = position
    let expected = "whole numbers from 0 to \(Int.max)"
    var number = 0
    while position < end, case let digit = bytes[position], digit >= 0x30, digit <= 0x39 {
      let (shifted, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(Int(digit) - 0x30)
      guard !overflow, !carry else {
        throw error("\(what) has a number too large", expected: expected, at: start)
      }
      number = sum
      position += 1
    }
    let next: UInt8? = position < end ? bytes[position] : nil
    if position == start {
      let found = next == UInt8(ascii: "-") ? "a negative number" : shown(next)
      throw error("\(what) has \(found)", expected: expected, at: start)
    }
    if next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      throw error("\(what) has a fractional number", expected: expected, at: start)
    }
    if bytes[start] == UInt8(ascii: "0"), position > start + 1 {
      throw error("\(what) has a number with a leading zero", expected: expected, at: start)
    }
    return number
  }

  private mutating func readString(_ what: String) throws(TensorFileError) -> String {
    try expect("\"", "\(what) is not a string")
    let start = position
    var text: [UInt8] = []
    while true {
      guard position < end else {
        throw error(
          "\(what) does not end", expected: "\"\"\" before the header's end at byte \(end)", at: start - 1)
      }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { break }
      guard byte >= 0x20 else {
        throw error("\(what) has control character \(shown(byte))", expected: "it escaped", at: position - 1)
      }
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: String(try readEscape(what)).utf8)
      } else {
        text.append(byte)
      }
    }
    let string = String(decoding: text, as: UTF8.self)
    guard string.utf8.elementsEqual(text) else {
      throw error("\(what) is not valid UTF-8", expected: "UTF-8 text", at: start)
    }
    return string
  }

  /// The character of an escape whose backslash has been read.
  private mutating func readEscape(_ what: String) throws(TensorFileError) -> Character {
    let start = position - 1
    let letter: UInt8 = position < end ? bytes[position] : 0
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(Unicode.Scalar(letter))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard var code = readHexadecimal() else { break }
      if code >> 10 == 0x36, position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        guard let low = readHexadecimal(), low >> 10 == 0x37 else { break }
        code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { break }
      return Character(scalar)
    default: break
    }
    throw error("\(what) has a wrong escape", expected: "one of JSON's escapes", at: start)
  }

  private mutating func readHexadecimal() -> UInt32? {
    guard position + 4 <= end else { return nil }
    var code: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      code = code << 4 | UInt32(digit)
    }
    position += 4
    return code
  }

  // MARK: Bytes

  private mutating func skipSpace() {
    while position < end, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  /// Skips space and, if it comes next, `character`.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ problem: String) throws(TensorFileError) {
    if skip(character) { return }
    let found = shown(position < end ? bytes[position] : nil)
    throw error("\(problem): found \(found)", expected: "\"\(character)\"")
  }

  private func shown(_ byte: UInt8?) -> String {
    guard let byte else { return "the header's end" }
    if byte > 0x20, byte < 0x7F { return "\"\(Unicode.Scalar(byte))\"" }
    let digits = String(byte, radix: 16, uppercase: true)
    return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
  }

  private func error(_ problem: String, expected: String, at offset: Int? = nil) -> TensorFileError {
    TensorFileError(file: file, offset: offset ?? position, problem: problem, expected: expected)
  }
}
