import Compute
import TestSupport
import Testing

@testable import TensorFiles

@Suite("Tensor files: damaged")
struct DamagedFileTests {
  struct Damage: Sendable, CustomTestStringConvertible {
    var bytes: [UInt8]
    var message: String
    var testDescription: String { message }

    init(_ header: String, data: Int = 0, _ message: String) {
      self.init(bytes: safetensors(header, data: [UInt8](repeating: 0, count: data)), message)
    }

    init(bytes: [UInt8], _ message: String) {
      self.bytes = bytes
      self.message = message
    }
  }

  /// A header with one tensor `x`.
  static func entry(_ type: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]") -> String {
    #"{"x":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  static func pair(_ first: String, _ second: String) -> String {
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":\#(first)},"#
      + #""b":{"dtype":"U8","shape":[2],"data_offsets":\#(second)}}"#
  }

  static let wholeNumbers = "expected whole numbers from 0 to 9223372036854775807"

  static let cases: [Damage] = [
    Damage(bytes: [], "byte 0: the file ends after 0 bytes; expected 8 bytes of header length"),
    Damage(bytes: [1, 2, 3], "byte 3: the file ends after 3 bytes; expected 8 bytes of header length"),
    Damage(
      bytes: [9, 0, 0, 0, 0, 0, 0, 0, 0x7B], "byte 0: a header of 9 bytes in a file of 9; expected at most 1"),
    Damage(
      bytes: [UInt8](repeating: 255, count: 20),
      "byte 0: a header of 18446744073709551615 bytes; expected at most 100000000"),
    Damage(
      bytes: [1, 0xE1, 0xF5, 5, 0, 0, 0, 0], "byte 0: a header of 100000001 bytes; expected at most 100000000"
    ),
    Damage("", "byte 8: the header is not a JSON object: found the header's end; expected \"{\""),
    Damage("[1]", "byte 8: the header is not a JSON object: found \"[\"; expected \"{\""),
    Damage("\u{1}", "byte 8: the header is not a JSON object: found byte 0x01; expected \"{\""),
    Damage("{", "byte 9: a name in the header is not a string: found the header's end; expected \"\"\""),
    Damage("{} x", "byte 11: \"x\" after the header's JSON object; expected spaces up to byte 12"),
    Damage(#"{"x"}"#, "byte 12: no value after \"x\": found \"}\"; expected \":\""),
    Damage(
      #"{"x":1}"#, "byte 13: the entry of tensor \"x\" is not a JSON object: found \"1\"; expected \"{\""),
    Damage(
      #"{"x":{}}"#, "byte 9: tensor \"x\" has no dtype; expected dtype, shape and data_offsets"),
    Damage(
      #"{"x":{"dtype":"F32","data_offsets":[0,0]}}"#,
      "byte 9: tensor \"x\" has no shape; expected dtype, shape and data_offsets"),
    Damage(
      #"{"x":{"dtype":"F32","shape":[0]}}"#,
      "byte 9: tensor \"x\" has no data_offsets; expected dtype, shape and data_offsets"),
    Damage(
      #"{"x":{"type":"F32"}}"#,
      "byte 14: tensor \"x\" has the unknown key \"type\"; expected dtype, shape and data_offsets"),
    Damage(
      entry("F8_E4M3"), data: 8,
      "byte 22: tensor \"x\" has dtype \"F8_E4M3\"; expected one of F64, F32, F16, BF16, I64, I32, U8"),
    Damage(
      #"{"x":{"dtype":4}}"#, "byte 22: dtype of tensor \"x\" is not a string: found \"4\"; expected \"\"\""),
    Damage(
      #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8"}}"#,
      "byte 61: the header has \"a\" twice; expected each name once"),
    Damage(
      #"{"__metadata__":{"k":"1","k":"2"}}"#,
      "byte 33: __metadata__ has \"k\" twice; expected each name once"),
    Damage(
      #"{"__metadata__":{"k":1}}"#,
      "byte 29: the text of __metadata__ \"k\" is not a string: found \"1\"; expected \"\"\""),
    Damage(
      entry("F32", "[-2]"), data: 8, "byte 37: shape of tensor \"x\" has a negative number; \(wholeNumbers)"),
    Damage(
      entry("F32", "[2.0]"), data: 8,
      "byte 37: shape of tensor \"x\" has a fractional number; \(wholeNumbers)"),
    Damage(
      entry("F32", "[2e0]"), data: 8,
      "byte 37: shape of tensor \"x\" has a fractional number; \(wholeNumbers)"),
    Damage(
      entry("F32", "[02]"), data: 8,
      "byte 37: shape of tensor \"x\" has a number with a leading zero; \(wholeNumbers)"),
    Damage(
      entry("F32", "[9223372036854775808]"), data: 8,
      "byte 37: shape of tensor \"x\" has a number too large; \(wholeNumbers)"),
    Damage(entry("F32", "[true]"), data: 8, "byte 37: shape of tensor \"x\" has \"t\"; \(wholeNumbers)"),
    Damage(
      entry("F32", "2"), data: 8, "byte 36: shape of tensor \"x\" is not a list: found \"2\"; expected \"[\""),
    Damage(
      entry("F32", "[2"), data: 8, "byte 39: shape of tensor \"x\" has \"\"\"; \(wholeNumbers)"),
    Damage(
      entry("F32", "[2]", "[0]"), data: 8,
      "byte 55: data_offsets of tensor \"x\" has 1 numbers; expected [begin, end]"),
    Damage(
      entry("F32", "[4294967296,4294967296,0]", "[0,0]"),
      "byte 9: tensor \"x\" has shape [4294967296, 4294967296, 0]; expected one whose size does not overflow"),
    Damage(
      entry("F32", "[4611686018427387904]", "[0,0]"),
      "byte 9: tensor \"x\" has shape [4611686018427387904]; expected one whose size does not overflow"),
    Damage(
      entry("F32", "[3]"), data: 8,
      "byte 9: tensor \"x\" has data_offsets [0, 8], 8 bytes; expected 12 bytes for F32 of shape [3]"),
    Damage(
      entry(), data: 7,
      "byte 9: tensor \"x\" has data_offsets [0, 8]; expected a range within the file's 7 bytes of data"),
    Damage(
      entry("F32", "[2]", "[8,0]"), data: 8,
      "byte 9: tensor \"x\" has data_offsets [8, 0]; expected a range within the file's 8 bytes of data"),
    Damage(entry(), data: 10, "byte 70: 2 bytes that belong to no tensor; expected the file to end here"),
    Damage(
      pair("[0,2]", "[1,3]"), data: 3,
      "byte 61: tensor \"b\" overlaps the tensor before it with data_offsets [1, 3]; expected it to begin at 2"
    ),
    Damage(
      pair("[0,2]", "[3,5]"), data: 5,
      "byte 61: tensor \"b\" leaves a hole before it with data_offsets [3, 5]; expected it to begin at 2"),
    Damage(
      bytes: safetensors([0x7B, 0x22, 0xFF, 0x22]),
      "byte 10: a name in the header is not valid UTF-8; expected UTF-8 text"),
    Damage(
      "{\"a\nb\":{}}", "byte 11: a name in the header has control character byte 0x0A; expected it escaped"),
    Damage(
      #"{"a\x":{}}"#, "byte 11: a name in the header has a wrong escape; expected one of JSON's escapes"),
    Damage(
      #"{"\ud800":{}}"#, "byte 10: a name in the header has a wrong escape; expected one of JSON's escapes"),
    Damage(
      #"{"\u12"#, "byte 10: a name in the header has a wrong escape; expected one of JSON's escapes"),
    Damage(
      #"{"abc"#,
      "byte 9: a name in the header does not end; expected \"\"\" before the header's end at byte 13"),
  ]

  @Test("is refused with file, byte, what is wrong and what was expected", arguments: cases)
  func refused(_ damage: Damage) {
    #expect(
      message { try TensorFile(bytes: damage.bytes, file: "m.safetensors") } == "m.safetensors: "
        + damage.message)
  }

  @Test("says the same where the header alone is read", arguments: cases)
  func header(_ damage: Damage) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/m.safetensors"
    try DurableFile.write(damage.bytes, to: path)
    #expect(message { try TensorHeader(contentsOf: path) } == "\(path): \(damage.message)")
  }

  @Test("in any byte, never traps, and what is still accepted is a whole file")
  func mutations() {
    let alphabet = Array("{}[]\",:0123456789-.eE\\u ".utf8)
    var accepted = 0
    for index in 0..<4000 {
      var random = RandomStream(seed: 11, purpose: .test, index: index)
      var bytes = TensorFile.random(&random).serialized()
      for _ in 0...random.below(3) {
        // Most of the changes go into the header, where they matter.
        let limit = random.below(4) == 0 ? bytes.count : min(bytes.count, 60)
        let place = limit == 0 ? 0 : random.below(limit)
        switch random.below(5) {
        case 0: bytes.removeSubrange(min(place, bytes.count)...)
        case 1: bytes.insert(UInt8(random.below(256)), at: place)
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3 where place < bytes.count:
          bytes[place] = alphabet[random.below(alphabet.count)]
        default: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
        }
      }
      guard let file = try? TensorFile(bytes: bytes, file: "m") else { continue }
      accepted += 1
      #expect((try? TensorFile(bytes: file.serialized(), file: "m"))?.tensors.keys == file.tensors.keys)
    }
    #expect(accepted < 2000)
  }
}
