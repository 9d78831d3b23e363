import Foundation
import TestSupport
import Testing

@testable import Experiments
@testable import Specification

/// docs/experiment-files.md against the code that reads experiment files.
@Suite("The document of experiment files")
struct DocumentTests {
  /// `ESPALIER_UPDATE_DOCUMENTS=1` writes the table anew.
  @Test("lists every key with its values, default and meaning")
  func keys() throws {
    let table = "\n" + tables().joined(separator: "\n") + "\n"
    let found = try GeneratedText("docs/experiment-files.md").part(
      between: "<!-- keys -->\n", and: "<!-- end of keys -->\n", updatedTo: table
    ).split(separator: "\n")
    let expected = table.split(separator: "\n")
    let missing = expected.filter { !found.contains($0) }
    let wrong = found.filter { !expected.contains($0) }
    for line in missing { Issue.record("missing: \(line)") }
    for line in wrong { Issue.record("not so in the code: \(line)") }
    if missing.isEmpty, wrong.isEmpty { #expect(found == expected) }
  }

  // MARK: The table

  private func tables() -> [String] {
    let keys = ExperimentSection(.standard).keys
    let plain = keys.filter { $0.keys.isEmpty }
    return [table("The file", plain.flatMap { rows($0, "") })]
      + keys.filter { !$0.keys.isEmpty }.map { key in
        table("`\(key.name)`", key.keys.flatMap { rows($0, key.name) }, about: key.summary)
      }
  }

  private func table(_ title: String, _ rows: [String], about: String = "") -> String {
    "### \(title)\n\n" + (about.isEmpty ? "" : about + "\n\n")
      + "| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
      + rows.joined(separator: "\n") + "\n"
  }

  private func rows(_ key: Key, _ path: String) -> [String] {
    let path = keyPath(path, key.name)
    let row = "| `\(path)` | \(values(key)) | \(standard(key)) | \(key.summary) |"
    guard case .variants(let variants) = key.shape else { return [row] + key.keys.flatMap { rows($0, path) } }
    return [row] + variantRows(variants, path)
  }

  /// The names first, then every key with the names that it goes with.
  private func variantRows(_ variants: [(name: String, keys: [Key])], _ path: String) -> [String] {
    let names = variants.map { "`\($0.name)`" }.joined(separator: ", ")
    var known: Set<String> = ["name"]
    let first = variants.first.map { "`\"\($0.name)\"`" } ?? ""
    let summary = variants.first?.keys.first { $0.name == "name" }?.summary ?? ""
    return ["| `\(path).name` | \(names) | \(first) | \(summary) |"]
      + variants.flatMap(\.keys).filter { known.insert($0.name).inserted }.flatMap { key in
        let having = variants.filter { $0.keys.contains { $0.name == key.name } }.map { "`\($0.name)`" }
        let prefix = having.count < variants.count ? "With \(having.joined(separator: ", ")): " : ""
        return rows(key, path).map { $0.replacing("| \(key.summary) |", with: "| \(prefix)\(key.summary) |") }
      }
  }

  private func standard(_ key: Key) -> String {
    if key.isRequired { return "required" }
    return key.defaultValue.map { "`\($0.text())`" } ?? ""
  }

  private func values(_ key: Key) -> String {
    switch key.shape {
    case .mapping: "mapping"
    case .variants, .matrix: "mapping"
    case .wordOrMapping(let word, _): "`\(word)` or mapping"
    case .value(let schema): values(schema)
    }
  }

  private func values(_ schema: [(String, JSON)]) -> String {
    let members = Dictionary(schema) { first, _ in first }
    if case .list(let names)? = members["enum"] {
      return names.filter { $0 != .null }.map { "`\(unquoted($0))`" }.joined(separator: ", ")
    }
    if case .list(let choices)? = members["oneOf"] {
      return choices.map { choice in
        guard case .object(let members) = choice else { return "" }
        return values(members)
      }.filter { !$0.isEmpty }.joined(separator: " or ")
    }
    if let word = members["const"] { return "`\(unquoted(word))`" }
    if case .object(let items)? = members["items"] { return "list of " + values(items) }
    return [type(members["type"]), range(members)].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func type(_ type: JSON?) -> String {
    switch type {
    case .string("null"), nil: ""
    case .string(let name):
      ["string": "text", "integer": "whole number", "boolean": "true or false"][name] ?? name
    // A text may look like a whole number.
    case .list(let types) where types.first == .string("string"): "text"
    case .list(let types): types.map { self.type($0) }.filter { !$0.isEmpty }.joined(separator: " or ")
    default: ""
    }
  }

  private func range(_ members: [String: JSON]) -> String {
    let least =
      members["minimum"].map { "from \($0.text())" }
      ?? members["exclusiveMinimum"].map { "above \($0.text())" }
    let most =
      members["maximum"].map { "to \($0.text())" } ?? members["exclusiveMaximum"].map { "below \($0.text())" }
    let name = members["pattern"] == nil ? nil : "of `a`-`z`, `0`-`9`, `.`, `_`, `-`"
    return [least, most, name].compactMap { $0 }.joined(separator: " ")
  }

  private func unquoted(_ name: JSON) -> String {
    if case .string(let text) = name { text } else { name.text() }
  }
}
