import Foundation
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
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("elsewhere"), withIntermediateDirectories: true)
    try Data(CommandTests.trial.utf8).write(to: folder.appendingPathComponent("trial.yaml"))
    try Self.batch.write(to: folder.appendingPathComponent("batch.safetensors"))
    #expect(try Command.run(["run", "trial.yaml", "--progress", "none"], in: folder).status == 0)
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
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent(link).path, withDestinationPath: named)
      let result = try Command.run(command.map { $0 == "%" ? link : $0 }, in: folder)
      #expect(result.status == 0, "\(command): \(result.errors)")
      let written = try Data(contentsOf: folder.appendingPathComponent(named))
      #expect(!written.isEmpty, "\(command)")
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: folder.appendingPathComponent(link).path)
          == named, "\(command)")
    }
  }
}
