import Foundation
import Testing

@testable import Reports

@Suite("Markup")
struct MarkupTests {
  @Test("text and attributes are escaped, quotes that carry an accent too")
  func escaping() {
    let text = "<script>&\"'\u{301}\"\u{301}\u{0}\u{7F}"
    let markup = element("p", ["title": text]) { text }
    let escaped = "&lt;script&gt;&amp;&quot;&#39;\u{301}&quot;\u{301}\\u{0}\\u{7f}"
    #expect(
      markup.serialized().unicodeScalars.elementsEqual(
        "<p title=\"\(escaped)\">\(escaped)</p>\n".unicodeScalars))
  }

  @Test("an element without children is one tag only where HTML allows that")
  func emptyElements() {
    #expect(element("td").serialized() == "<td></td>")
    #expect(element("meta", ["charset": "utf-8"]).serialized() == "<meta charset=\"utf-8\"/>\n")
  }

  @Test("the stylesheet closes every brace")
  func stylesheet() {
    #expect(Stylesheet.text.count { $0 == "{" } == Stylesheet.text.count { $0 == "}" })
  }

  @Test(
    "decimals",
    arguments: [
      (1.005, 2, "1.00"), (-0.001, 2, "0.00"), (-12.5, 1, "−12.5"), (.nan, 2, "–"),
      (1e15, 0, "1000000000000000"),
    ])
  func decimals(_ value: Double, _ places: Int, _ text: String) {
    #expect(decimal(value, places) == text)
  }

  @Test(
    "quantities are in thousands, millions or more",
    arguments: [
      (0, "0"), (8.5, "8.5"), (7.999_999_999, "8"), (999, "999"), (9_999, "9999"), (12_340, "12.34\u{A0}k"),
      (1.534e15, "1.53\u{A0}P"), (2e22, "20000.00\u{A0}E"), (.infinity, "–"),
    ])
  func quantities(_ value: Double, _ text: String) {
    #expect(quantity(value) == text)
  }

  @Test(
    "short numbers have four digits, or all of a whole number below ten million",
    arguments: [
      (0, "0"), (0.012_34, "0.01234"), (2.1623, "2.162"), (999.96, "1000"), (9_999.6, "10000"),
      (12_345.6, "12346"), (-12_345.6, "−12346"), (1e7, "1e+07"), (1.2e-8, "1.2e−08"), (.nan, "–"),
    ])
  func shortNumbers(_ value: Double, _ text: String) {
    #expect(short(value) == text)
  }

  @Test(
    "coordinates are short",
    arguments: [(1, "1"), (100, "100"), (0.5, "0.5"), (-0.001, "0"), (12.346, "12.35"), (.infinity, "0")])
  func coordinates(_ value: Double, _ text: String) {
    #expect(coordinate(value) == text)
  }
}
