import Foundation
import TestSupport
import Testing

@Suite("Output files of commands")
struct OutputTests {
  private static let images =
    "{\"images\":{\"dtype\":\"F32\",\"shape\":[1,1,8,8],\"data_offsets\":[0,256]}"
    + ",\"labels\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[256,257]}}"

  /// A safetensors file of one grey image and its label.
  private static var batch: Data {
    let length = (0..<8).map { UInt8(truncatingIfNeeded: images.utf8.count >> (8 * $0)) }
    return Data(length + Array(images.utf8) + [UInt8](repeating: 0, count: 257))
  }

  @Test("are written through symbolic links by every command")
  func links() throws {
    let folder = try TemporaryFolder(CommandTests.files)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/elsewhere", withIntermediateDirectories: true)
    try folder.write(Self.batch, to: "batch.safetensors")
    #expect(try Command.run(["run", "trial.yaml", "--progress", "none"], in: folder.url).status == 0)
    let model = ["--weights", "results/trial/seed-0/pruned/model.safetensors"]
    let batch = ["--images", "batch.safetensors"]
    for (index, command) in [
      ["init", "%"], ["report", "results/trial", "--output", "%"],
      ["export", "trial.yaml", "--format", "yaml", "--output", "%"] + model,
      ["export", "trial.yaml", "--format", "safetensors", "--output", "%"] + model,
      ["export", "trial.yaml", "--format", "onnx", "--output", "%"] + model,
      ["predict", "trial.yaml", "--logits", "%"] + model + batch,
      ["check-gradients", "trial.yaml", "--out", "%"] + model + batch,
    ].enumerated() {
      let (link, named) = ("link\(index)", "elsewhere/\(index)")
      let path = "\(folder.path)/\(link)"
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: named)
      let result = try Command.run(command.map { $0 == "%" ? link : $0 }, in: folder.url)
      #expect(result.status == 0, "\(command): \(result.errors)")
      let written = try Data(contentsOf: folder.url.appendingPathComponent(named))
      #expect(!written.isEmpty, "\(command)")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == named, "\(command)")
    }
  }

  @Test("are written in place where their folder takes no new file", .enabled(if: Command.runsAsNobody))
  func lockedFolder() throws {
    let folder = try TemporaryFolder(["report.json": try Data(contentsOf: ReportCommandTests.report)])
    chmod(folder.path, 0o777)
    let locked = folder.path + "/locked"
    // Removed with the test's folder only by those who may write to it.
    defer { chmod(locked, 0o777) }
    let result = try Command.run(
      ["report", "report.json", "--output", "locked/page.html"], in: folder.url,
      shell: "mkdir locked && head -c 9000000 /dev/zero > locked/page.html && chmod 555 locked",
      asNobody: true)
    #expect(result.status == 0, "\(result.errors)")
    let page = try folder.text("locked/page.html")
    #expect(page.contains("Compression 2.21×") && !page.contains("\0"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: locked) == ["page.html"])
  }
}
