/// Tabs that are not indentation, but that libyaml rejects nevertheless.
///
/// YAML allows tabs between tokens (1.2.2, section 6.2), but not as indentation. libyaml treats
/// every tab at the beginning of a line, or after a list's dash, as indentation.
enum SeparatingTabs {
  /// The spaces and tabs around an offset; nil if they are indentation.
  ///
  /// They are not on a line with only a comment, and between dashes and a scalar.
  static func range(around offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    let start = bytes[..<offset].lastIndex { !isBlank($0) }.map { $0 + 1 } ?? 0
    let end = bytes[offset...].firstIndex { !isBlank($0) } ?? bytes.endIndex
    let lineStart = bytes[..<start].lastIndex(where: isLineBreak).map { $0 + 1 } ?? 0
    let lineEnd = bytes[end...].firstIndex(where: isLineBreak) ?? bytes.endIndex
    let dashes = bytes[lineStart..<start]
    let rest = bytes[end..<lineEnd]
    guard dashes.allSatisfy({ isBlank($0) || $0 == UInt8(ascii: "-") }) else { return nil }
    let isEmpty = rest.isEmpty || rest.first == UInt8(ascii: "#")
    guard isEmpty || (!dashes.isEmpty && isScalar(rest)) else { return nil }
    return start..<end
  }

  /// Whether a line contains nothing like a list or a mapping, which the tab would indent.
  private static func isScalar(_ rest: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let isIndicator = zip(rest, Array(rest.dropFirst()) + [UInt8(ascii: " ")]).contains { byte, next in
      isBlank(next) && [UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "?")].contains(byte)
    }
    return !isIndicator
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static func isLineBreak(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }
}
