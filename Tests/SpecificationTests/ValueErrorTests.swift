import Testing

@testable import Specification

@Suite("Values that do not fit")
struct ValueErrorTests {
  @Test(
    "an experiment is not named as one of the program's own files and folders in the folder of results",
    arguments: ["plots", "report.html", "report.json", ".cache", ".", ".."])
  func ownNames(_ name: String) {
    #expect(errors(experiment(["name: \(name)"])).contains { $0.hasPrefix("t.yaml:2:7: name: ") })
    #expect(errors(experiment(["name: \(name)s"])).isEmpty == !name.hasPrefix("."))
  }
}
