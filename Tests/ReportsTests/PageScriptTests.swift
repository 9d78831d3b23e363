import Foundation
import Testing

@testable import Reports

@Suite("The script of a page")
struct PageScriptTests {
  private static let node = ["/usr/bin/node", "/usr/local/bin/node"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// A table with a column of names and one of numbers, of which the first row has none, in as much
  /// of a document as the script uses. It prints the names after three clicks on each header.
  private static let program = """
    function head() {
      const attributes = {};
      return {
        replaceChildren(button) { this.button = button; },
        getAttribute(name) { return attributes[name] ?? null; },
        setAttribute(name, value) { attributes[name] = value; },
        removeAttribute(name) { delete attributes[name]; },
        querySelector() { return {}; },
      };
    }
    function row(name, number) {
      const dataset = number === undefined ? {} : { number: String(number) };
      return { cells: [{ textContent: name, dataset: {} }, { textContent: "–", dataset }] };
    }
    const heads = [head(), head()];
    const body = { rows: [row("b"), row("a", 9), row("c", 10)], append(...rows) { this.shown = rows; } };
    const table = { tHead: { rows: [{ cells: heads }] }, tBodies: [body] };
    const document = {
      querySelectorAll() { return [table]; },
      createElement() {
        return { append() {}, setAttribute() {}, addEventListener(_, action) { this.click = action; } };
      },
    };
    const window = { addEventListener() {} };
    \(PageScript.text)
    for (const { button } of heads) {
      for (let click = 0; click < 3; click++) {
        button.click();
        console.log(body.shown.map((row) => row.cells[0].textContent).join(""));
      }
    }
    """

  @Test(
    "sorts numbers in descending and texts in ascending order first, whatever the first row has",
    .enabled(if: node != nil, "node, which runs the script here, is not installed"))
  func sorting() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.node))
    process.arguments = ["-e", Self.program]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(text.split(separator: "\n") == ["abc", "cba", "bac", "cab", "acb", "bac"])
  }
}
