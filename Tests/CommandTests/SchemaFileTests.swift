import Foundation
import TestSupport
import Testing

@Suite("Committed schemas")
struct SchemaFileTests {
  /// `ESPALIER_UPDATE_DOCUMENTS=1` writes them anew.
  @Test("are what the program prints", arguments: ["experiment", "report", "diff"])
  func current(_ subject: String) throws {
    let result = try Command.run(["schema", subject])
    #expect(result.status == 0, "\(result.errors)")
    let file = "schemas/\(subject).schema.json"
    let committed = try GeneratedText(file).current(updatedTo: result.output)
    #expect(committed == result.output, "\(file) is old: espalier schema \(subject) > \(file)")
  }

  @Test("every experiment file names its schema for editors")
  func comments() throws {
    let folder = Command.repository.appendingPathComponent("experiments")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }
    #expect(names.count >= 3)
    for name in names {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      // A suite is another kind of file, and what experiments have in common is only a part of one.
      if name.hasPrefix("common/") { continue }
      if text.split(separator: "\n").contains(where: { $0.hasPrefix("suite:") }) { continue }
      let up = String(repeating: "../", count: name.split(separator: "/").count)
      #expect(
        text.hasPrefix("# yaml-language-server: $schema=\(up)schemas/experiment.schema.json\n"),
        "experiments/\(name)")
    }
  }
}
