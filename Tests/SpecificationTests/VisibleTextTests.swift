import Testing

@testable import Specification

@Suite("Visible text")
struct VisibleTextTests {
  @Test(
    "has escapes for what cannot be seen, and everything else as it is",
    arguments: [
      ("plain, ünïcode 名前 |\u{301}", "plain, ünïcode 名前 |\u{301}"), ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
      ("\u{1B}[31m\u{7}\u{7F}\u{9B}", "\\u{1b}[31m\\u{7}\\u{7f}\\u{9b}"),
      ("\u{202E}\u{2066}\u{200B}\u{FEFF}\u{2028}", "\\u{202e}\\u{2066}\\u{200b}\\u{feff}\\u{2028}"),
      ("\n\u{301}", "\\n\u{301}"), ("", ""),
    ])
  func escapes(_ text: String, _ expected: String) {
    #expect(visible(text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    #expect(visible(visible(text)) == visible(text))
  }

  @Test("between backticks is cut off where it is long")
  func limit() {
    #expect(quoted("a\nb") == "`a\\nb`")
    #expect(quoted("abcd", limit: 3) == "`abc…`" && quoted("abc", limit: 3) == "`abc`")
  }
}
