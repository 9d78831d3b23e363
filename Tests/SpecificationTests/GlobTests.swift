import Specification
import Testing

@Suite("Patterns of names")
struct GlobTests {
  @Test(
    "match whole names",
    arguments: [
      ("layer1.*", "layer1.0.conv1", true), ("layer1.*", "layer10.0.conv1", false), ("stem", "stem", true),
      ("stem", "stem2", false), ("*", "", true), ("*.conv?", "layer1.0.conv1", true),
      ("*.conv?", "layer1.0.conv", false), ("a*b*c", "aXbXbc", true), ("a*b*c", "aXbXbcd", false),
      ("", "", true),
      ("", "a", false), ("**a", "bba", true),
    ])
  func matches(_ pattern: String, _ name: String, _ expected: Bool) {
    #expect(Glob(pattern).matches(name) == expected)
  }

  @Test("take no time with many stars")
  func stars() {
    let pattern = String(repeating: "*a", count: 200)
    #expect(!Glob(pattern + "b").matches(String(repeating: "a", count: 2000)))
  }
}
