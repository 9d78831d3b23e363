import TestSupport
import Testing

@testable import Specification

@Suite("Hostile and damaged texts")
struct RobustnessTests {
  /// Errors of bytes that need not be UTF-8.
  private func errors(_ bytes: [UInt8]) -> [String] {
    do throws(SpecificationError) {
      _ = try ExperimentFile.load(SourceText(bytes: bytes), "t.yaml", [], .test, [:])
      return []
    } catch {
      return error.diagnostics.map(\.description)
    }
  }

  private func errors(_ text: String) -> [String] { errors(Array(text.utf8)) }

  @Test("texts without an experiment in them")
  func empty() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "~\n", "--- null\n...\n"] {
      #expect(errors(text) == ["t.yaml:1:1: the file is empty; expected a mapping"], "\(text)")
    }
    #expect(errors("[1]") == ["t.yaml:1:1: expected a mapping, found a list"])
    #expect(errors("hello") == ["t.yaml:1:1: expected a mapping, found `hello`"])
    #expect(
      errors(experiment() + "---\n" + experiment()) == [
        "t.yaml:6:1: a second document starts here; a file holds one"
      ])
  }

  @Test("tabs that indent")
  func tabs() {
    #expect(errors("train:\n\tepochs: 1\n") == ["t.yaml:2:1: a tab cannot indent; use spaces"])
    #expect(errors("train:\n  a: 1\n\tb: 1\n") == ["t.yaml:3:1: a tab cannot indent; use spaces"])
  }

  @Test(
    "tabs that indent nothing change nothing",
    arguments: [
      ("seeds:\n\t\n- 1\n", [1]), ("\t# a comment\nseeds: [1]\n", [1]), ("seeds:\n-\t1\n- \t 2\n", [1, 2]),
      ("seeds:\n-\t\n  1\n-\t# two\n  2\n", [1, 2]), ("seeds: [1,\n\t2]\t\n \t \n", [1, 2]),
      ("description: |\n  a\n\t\n  b\nseeds:\t[1]\r\n\t\r\n", [1]),
      (String(repeating: "\t\n", count: 300) + "seeds: [3]\n", [3]),
    ])
  func separatingTabs(lines: String, seeds: [UInt64]) throws {
    #expect(try load(experiment() + lines).seeds == seeds)
    #expect(try load(lines + experiment()).seeds == seeds)
  }

  @Test("tabs within texts are kept")
  func keptTabs() throws {
    let text = experiment() + "description: |\n  a\tb\n  \tc\n"
    #expect(try load(text + "\t\n").description == "a\tb\n\tc\n")
  }

  @Test(
    "tabs that indent in a list",
    arguments: ["x:\n-\ta: 1\n", "x:\n-\t- 1\n", "x:\n\t- 1\n", "x:\n-\ta:\n", "x:\n-\t? a\n"])
  func indentingTabs(text: String) {
    #expect(errors(text).map { $0.suffix(31) } == ["a tab cannot indent; use spaces"])
  }

  @Test("a byte order mark before the text, and texts in UTF-16")
  func byteOrderMarks() throws {
    #expect(try load("\u{FEFF}" + experiment()) == load(experiment()))
    #expect(errors("\u{FEFF}train: 1\n").contains("t.yaml:1:8: train: expected a mapping, found `1`"))
    for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] {
      #expect(errors(mark + [0x61, 0x00]) == ["t.yaml:1:1: the text is UTF-16; save it as UTF-8"])
    }
  }

  @Test(
    "characters that look like YAML's own are named",
    arguments: [
      (
        "train:\n\u{A0}\u{A0}epochs: 1\n",
        "2:1: the key `\\u{a0}\\u{a0}epochs` has a no-break space (U+00A0; use a plain one) in it"
      ),
      (
        "format: 1\nname: t\nseeds: [0,\u{A0}1]\ndataset: {name: tiny}\narchitecture: {name: resnet8}\ntrain: {epochs: 1}\n",
        "3:11: seeds[1]: expected a whole number from 0 to 18446744073709551615, found `\\u{a0}1`,"
          + " with a no-break space (U+00A0; use a plain one) in it"
      ),
      (
        "train:\n  epochs:\u{A0}1\n  batch_size: 2\n",
        "3:13: not valid YAML: mapping values are not allowed in this context;"
          + " line 2 has a no-break space (U+00A0; use a plain one) in it"
      ),
      (
        "format\u{FF1A}1\nname: a\n",
        "2:5: not valid YAML: mapping values are not allowed in this context;"
          + " line 1 has a full-width colon (U+FF1A; use `:`) in it"
      ),
      (
        "\u{200B}format: 1\n",
        "1:1: the key `\\u{200b}format` has an invisible character (U+200B; use none) in it"
      ),
    ])
  func lookAlikes(text: String, error: String) {
    #expect(errors(text) == ["t.yaml:" + error])
  }

  @Test("bytes that are not UTF-8, and control characters")
  func encoding() {
    #expect(
      errors(Array("a: 1\nü: ".utf8) + [0xFF]) == [
        "t.yaml:2:4: not UTF-8: invalid leading UTF-8 octet (0xff)"
      ])
    #expect(errors([0x61, 0x3A, 0xC3]) == ["t.yaml:1:3: not UTF-8: incomplete UTF-8 octet sequence"])
    #expect(errors("a: \0\n") == ["t.yaml:1:4: control characters are not allowed (0x0)"])
    #expect(errors([0xFF, 0xFE, 0x61, 0x00]).count == 1)
  }

  @Test("deep nesting ends at a bound, in lists, mappings, blocks and through aliases")
  func depth() {
    let flows = [
      String(repeating: "[", count: 10_000), String(repeating: "{a: ", count: 10_000),
      String(repeating: "- ", count: 10_000), String(repeating: "? ", count: 10_000),
    ]
    for flow in flows { #expect(errors("x: 1\ny:\n  " + flow).count == 1) }
    let deep = String(repeating: "[", count: 60) + "1" + String(repeating: "]", count: 60)
    let aliased = String(repeating: "[", count: 60) + "*a" + String(repeating: "]", count: 60)
    #expect(
      errors("a: &a \(deep)\nb: \(aliased)\n") == [
        "t.yaml:2:64: b\(String(repeating: "[0]", count: 60)): nested more than 100 levels deep"
      ])
  }

  @Test("aliases that double again and again")
  func aliases() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for index in 1...30 {
      let alias = "*a\(index - 1)"
      text += "a\(index): &a\(index) [\(Array(repeating: alias, count: 9).joined(separator: ", "))]\n"
    }
    let found = errors(text)
    #expect(found.count == 1)
    #expect(found.first?.hasSuffix("more than 100000 values when the aliases are written out") == true)
  }

  @Test("more errors than anybody reads")
  func manyErrors() {
    let lines = (0..<20_000).map { "key\($0): 1\n" }.joined()
    let found = errors(experiment() + lines)
    #expect(found.count == 101)
    #expect(found.contains { $0.hasSuffix("too many errors, the rest is not shown") })
  }

  @Test("no similar names are looked for after too many errors", .timeLimit(.minutes(1)))
  func manyWrongNames() {
    func list(_ count: Int, _ item: (Int) -> String) -> String {
      (0..<count).map(item).joined(separator: ", ")
    }
    let (wrong, name) = (String(repeating: "w", count: 58), String(repeating: "n", count: 58))
    let parameters = list(150) { "a-\($0): 1" }
    let blocks = list(2_000) { "\(name)\($0): {layers: [{conv: 3}]}" }
    let layers = [
      list(2_000) { "{conv: 3, name: \(name)\($0)}" }, "{add: [\(list(4_000) { "\(wrong)\($0)" })]}",
      list(4_000) { "{block: \(wrong)\($0)}" },
    ].joined(separator: ", ")
    let axes = list(99) { "\(String(repeating: "n", count: 900))\($0): [1]" }
    let exclusion = list(8_000) { "\(wrong)\($0): 1" }
    for line in [
      "architecture: {parameters: {\(parameters)}, blocks: {\(blocks)}, layers: [\(layers)]}",
      "matrix: {seeds: [\(list(150) { _ in "1" })], \(axes), exclude: [{\(exclusion)}]}",
    ] {
      #expect(errors(experiment([line])).count == ReadingContext.maximumDiagnostics + 1)
    }
  }

  @Test("messages stay on one short line, whatever is in the file")
  func longTexts() {
    let long = String(repeating: "x", count: 100_000)
    for text in [experiment(["\"\(long)\\n\": 1"]), experiment(["format: \"\(long)\\n\\e[31m\""])] {
      let found = errors(text)
      #expect(found.count == 1)
      #expect(found.allSatisfy { $0.count < 300 && !$0.contains("\n") && !$0.contains("\u{1B}") })
    }
  }

  @Test("no key that is left out is passed over in silence")
  func missingKeys() throws {
    let text = experiment([
      "architecture: {name: resnet, depth: 14}", "prune: {ratio: 0.5, interval: 2}",
      "expect: {compression: {at_least: 2}}",
    ])
    for path in experimentKeyPaths(.test) {
      do throws(SpecificationError) {
        let found = try ExperimentFile.experiments(
          text: text, file: "t.yaml", overrides: ["\(path)=null"], catalog: .test)
        #expect(found.count == 1, "\(path)")
      } catch {
        #expect(!error.diagnostics.isEmpty, "\(path)")
      }
    }
  }

  @Test("mutated experiments load or are refused, with source locations inside the text")
  func mutations() {
    var random = SplitMix(state: 20_240_607)
    let pieces: [[UInt8]] =
      [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "\t", "&a ", "*a", "<<: ", "!", "|", ">", "\"", "'", "#",
        "%", "?", ",",
        "0", "-1", "1e999", ".nan", "~", "null", "${", "\0", "---\n", "...",
      ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xEF, 0xBB, 0xBF]]
    let seed = Array(
      experiment([
        "seeds: [1, 2]", "train: {epochs: 10, schedule: {name: step, milestones: [5]}}",
        "prune:\n  ratio: 0.5\n  interval: 2\n  relevance: {alpha: 2}",
        "evaluate: {latency: {batch_sizes: [1]}}",
        "expect: {compression: {at_least: 2}}",
      ]).utf8)
    var refused = 0
    for _ in 0..<4_000 {
      var text = seed
      for _ in 0...random.below(4) {
        let position = random.below(text.count + 1)
        switch random.below(3) {
        case 0: text.insert(contentsOf: pieces[random.below(pieces.count)], at: position)
        case 1: text.removeSubrange(position..<min(text.count, position + 1 + random.below(8)))
        default:
          let start = random.below(text.count)
          text.insert(contentsOf: text[start..<min(text.count, start + random.below(40))], at: position)
        }
      }
      do throws(SpecificationError) {
        let spec = try ExperimentFile.load(SourceText(bytes: text), "t.yaml", [], .test, [:])
        #expect(try load(yaml(spec)) == spec)
      } catch {
        refused += 1
        let lines = text.count { $0 == 10 || $0 == 13 } + 2
        #expect(!error.diagnostics.isEmpty)
        #expect(error.diagnostics.allSatisfy { (1...lines).contains($0.place.line) && $0.place.column >= 1 })
      }
    }
    #expect((1_000..<4_000).contains(refused))
  }
}
