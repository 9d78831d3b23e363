import CYAML

/// A syntax error of libyaml, in words for people who do not know its grammar.
struct SyntaxProblem {
  private var line: Int
  private var column: Int
  private var message: String
  /// The tabs at which reading stopped, if they only separate tokens.
  private(set) var separatingTabs: Range<Int>?

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
      let offset = Self.offset(ofCharacter: Int(parser.problem_mark.index), in: bytes)
      let isTab = offset < bytes.count && bytes[offset] == UInt8(ascii: "\t")
      if isTab { separatingTabs = SeparatingTabs.range(around: offset, in: bytes) }
      if isTab || problem.contains("tab character") {
        message = "a tab cannot indent; use spaces"
        return
      }
      message = "not valid YAML: \(problem)"
      var start = line
      if let context = parser.context.map({ String(cString: $0) }) {
        start = Int(parser.context_mark.line) + 1
        message += " \(context)" + (start == line ? "" : " that starts in line \(start)")
      }
      let isVariable = offset > 0 && bytes.dropFirst(offset - 1).starts(with: "${".utf8)
      message +=
        isVariable
        ? "; within braces or brackets, quote a text that has `${NAME}` in it"
        : Self.lookAlike(inLines: [start, line, line - 1], bytes)
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

  /// Byte offset of a character.
  private static func offset(ofCharacter index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var left = index
    for (offset, byte) in bytes.enumerated() where isCharacterStart(byte) {
      if left == 0 { return offset }
      left -= 1
    }
    return bytes.count
  }

  /// Names a look-alike of YAML syntax in the first of some lines.
  private static func lookAlike(inLines lines: [Int], _ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for line in lines where texts.indices.contains(line - 1) {
      if let character = LookAlike(in: String(decoding: texts[line - 1], as: UTF8.self)) {
        return "; line \(line) has \(character) in it"
      }
    }
    return ""
  }

  private static func isCharacterStart(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
