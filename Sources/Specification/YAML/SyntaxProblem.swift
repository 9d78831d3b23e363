import CYAML

/// What libyaml could not read, in words for people who do not know its grammar.
struct SyntaxProblem {
  private var line: Int
  private var column: Int
  private var message: String

  init(_ parser: yaml_parser_t, bytes: UnsafeBufferPointer<UInt8>) {
    let problem = parser.problem.map { String(cString: $0) } ?? "unreadable"
    switch parser.error {
    case YAML_READER_ERROR:
      (line, column) = Self.position(of: Int(parser.problem_offset), in: bytes)
      let value = parser.problem_value >= 0 ? " (0x\(String(parser.problem_value, radix: 16)))" : ""
      message =
        problem == "control characters are not allowed" ? problem + value : "not UTF-8: \(problem)\(value)"
    case YAML_MEMORY_ERROR:
      (line, column, message) = (1, 1, "out of memory")
    default:
      line = Int(parser.problem_mark.line) + 1
      column = Int(parser.problem_mark.column) + 1
      if problem.contains("tab character") || Self.isTab(line: line, column: column, in: bytes) {
        message = "a tab cannot indent; use spaces"
        return
      }
      message = "not valid YAML: \(problem)"
      if let context = parser.context.map({ String(cString: $0) }) {
        let start = Int(parser.context_mark.line) + 1
        message += " \(context)" + (start == line ? "" : " that starts in line \(start)")
      }
    }
  }

  func error(file: String) -> SpecificationError {
    SpecificationError(Place(file: file, line: line, column: column), message)
  }

  private static func position(of offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> (
    line: Int, column: Int
  ) {
    let before = bytes.prefix(max(0, offset))
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, before[start...].count(where: isCharacterStart) + 1)
  }

  /// Whether the character at a place is a tab; lines and columns from 1.
  private static func isTab(line: Int, column: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    for _ in 1..<max(1, line) {
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return false }
      start = end + 1
    }
    var left = column
    for byte in bytes[start...] where isCharacterStart(byte) {
      left -= 1
      if left == 0 { return byte == UInt8(ascii: "\t") }
    }
    return false
  }

  private static func isCharacterStart(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
