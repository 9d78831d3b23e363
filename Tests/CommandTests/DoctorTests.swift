import Foundation
import Testing

@Suite("espalier doctor")
struct DoctorTests {
  @Test(
    "says that results cannot be written into a read-only folder", .enabled(if: Command.runsAsNobody))
  func readOnly() throws {
    let result = try Command.run(
      ["doctor", "--format", "json", "--results", "closed"], shell: "mkdir -m 555 closed", asNobody: true)
    #expect(result.status == 0, "\(result.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let results = try #require(object["results"] as? [String: Any])
    #expect(results["path"] as? String == "closed")
    #expect(results["problem"] as? String == "a file cannot be made: Permission denied")
    #expect(results["has_flock"] == nil)
  }
}
