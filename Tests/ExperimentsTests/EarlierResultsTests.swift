import Compute
import Foundation
import Reports
import Specification
import Testing

@testable import Experiments

/// What becomes of results that an earlier run has left under the same name.
@Suite("Earlier results")
struct EarlierResultsTests {
  private func report(_ folder: TemporaryFolder) throws -> Report {
    try Report(json: String(decoding: bytes(folder.path + "/digits/report.json"), as: UTF8.self))
  }

  private func page(_ folder: TemporaryFolder) throws -> String {
    String(decoding: try bytes(folder.path + "/digits/report.html"), as: UTF8.self)
  }

  @Test("of a run that failed say so until one succeeds")
  func failed() throws {
    let folder = try TemporaryFolder()
    let first = try run(digits(), in: folder.path)
    #expect(throws: RunError.self) {
      try run(
        digits(["train.optimizer.learning_rate=1.0e+30", "train.schedule.warmup_epochs=0"]), in: folder.path)
    }
    let marked = try report(folder)
    #expect(marked.status == .failed && marked.runs == first.runs)
    #expect(try #require(marked.problem).hasPrefix("the last run failed: the loss is "))
    #expect(try page(folder).contains("Not current: the last run failed"))
    let second = try run(digits(), in: folder.path)
    #expect(try report(folder) == second)
    #expect(second.status == .complete && second.problem == nil)
    #expect(try !page(folder).contains("Not current"))
  }

  @Test("stay as they are where another run was in the way")
  func inUse() throws {
    let folder = try TemporaryFolder()
    let first = try run(digits(), in: folder.path)
    let runner = ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, progress: .silent,
      interruption: Interruption())
    func mark(_ failure: RunError) throws -> Report {
      runner.markEarlier(
        ExperimentOutcome(spec: try digits(), result: .failure(failure), trained: 0, trainings: 2))
      return try report(folder)
    }
    // The other run has ended since.
    #expect(try mark(.inUse(folder: "digits", owner: "process 7")) == first)
    #expect(try mark(.storage("full")).status == .failed)
  }

  @Test("are marked by a run that has the lock of their folder, and by no other")
  func locked() throws {
    let folder = try TemporaryFolder()
    let first = try run(digits(), in: folder.path)
    let runner = ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, progress: .silent,
      interruption: Interruption())
    let outcome = ExperimentOutcome(
      spec: try digits(), result: .failure(.storage("full")), trained: 0, trainings: 2)
    let lock = try FolderLock(folder.path + "/digits/.state")
    runner.markEarlier(outcome)
    #expect(try report(folder) == first)
    runner.markEarlier(outcome, owning: lock)
    #expect(try report(folder).status == .failed)
  }

  @Test("of other settings say so as soon as a run with new ones begins, and are whole until it ends")
  func interrupted() throws {
    let folder = try TemporaryFolder()
    let first = try run(digits(), in: folder.path)
    let changed = try digits(["prune.ratio=0.2", "train.epochs=900"])
    #expect(try runUntilCheckpoint(changed, in: folder.path)?.isInterruption == true)
    let marked = try report(folder)
    #expect(marked.status == .interrupted && marked.runs == first.runs)
    #expect(
      marked.problem
        == "a run with other settings has not ended (prune.ratio: 0.4 -> 0.2, train.epochs: 3 -> 900)")
    #expect(try page(folder).contains("Not current: a run with other settings has not ended"))
    // A run with the settings of the report makes it current again.
    #expect(try run(digits(), in: folder.path).status == .complete)
  }

  @Test("leave no model and no plot beside the report that replaces them, and nothing else is removed")
  func orphans() throws {
    let folder = try TemporaryFolder()
    try run(digits(["seeds=[0, 1]"]), in: folder.path)
    let root = folder.path + "/digits/"
    let note = root + "seed-0/baseline/note.txt"
    try Data("kept".utf8).write(to: URL(fileURLWithPath: note))
    let events = root + "tensorboard/seed-0-"
    try Data("kept".utf8).write(to: URL(fileURLWithPath: events + "baseline/note.txt"))
    let isThere = { (name: String) in FileManager.default.fileExists(atPath: root + name) }
    #expect(isThere("plots/layer-macs.svg") && isThere("seed-0/pruned/model.safetensors"))
    let report = try run(digits(["seeds=[1]", "prune=null", "expect=null"]), in: folder.path)
    let models = try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasPrefix("seed-") }
    #expect(
      models.sorted() == [
        "seed-0", "seed-0/baseline", "seed-0/baseline/note.txt", "seed-1", "seed-1/baseline",
        "seed-1/baseline/architecture.yaml", "seed-1/baseline/model.safetensors",
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: events + "baseline") == ["note.txt"])
    #expect(!FileManager.default.fileExists(atPath: events + "pruned"))
    let plots = try FileManager.default.contentsOfDirectory(atPath: root + "plots")
    #expect(plots.sorted() == report.plotFiles().map(\.name).sorted())
    try run(
      digits(["seeds=[1]", "prune=null", "expect=null", "export.formats=[onnx]"]), in: folder.path)
    #expect(isThere("seed-1/baseline/model.onnx") && !isThere("seed-1/baseline/model.safetensors"))
    #expect(!isThere("seed-1/baseline/architecture.yaml"))
    let page = try page(folder)
    #expect(page.contains("seed-1/baseline/model.onnx") && !page.contains("model.safetensors"))
  }

  @Test(
    "of seeds that are gone are removed by a later run, if one before it could not write its files",
    arguments: [
      ("[0, 1]", "[0]", "history.csv"), ("[0]", "[0, 1]", "history.csv"), ("[0]", "[0, 1]", "report.json"),
    ])
  func orphansAfterFailure(_ first: String, _ failing: String, _ file: String) throws {
    let folder = try TemporaryFolder()
    func runSeeds(_ seeds: String) throws {
      try run(digits(["seeds=\(seeds)", "prune=null", "expect=null"]), in: folder.path)
    }
    try runSeeds(first)
    let path = folder.path + "/digits/" + file
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(throws: RunError.self) { try runSeeds(failing) }
    try FileManager.default.removeItem(atPath: path)
    try runSeeds("[0]")
    for left in ["seed-1", "tensorboard/seed-1-baseline"] {
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/digits/" + left), "\(left)")
    }
  }

  @Test("leave no test data and no measurements of other models, and lose none of the same")
  func measurements() throws {
    let folder = try TemporaryFolder()
    let onnx = ["export.formats=[onnx]", "train.epochs=2"]
    try run(digits(onnx + ["export.onnx.test_images=2"]), in: folder.path)
    let root = folder.path + "/digits/"
    let isThere = { (name: String) in FileManager.default.fileExists(atPath: root + name) }
    #expect(isThere("seed-0/pruned/test_data_set_0/input_0.pb"))
    // Of a writer that was killed.
    let leftover = "seed-0/pruned/test_data_set_0/.input_0.pb.1.espalier-tmp"
    try Data([1]).write(to: URL(fileURLWithPath: root + leftover))
    try run(digits(onnx + ["export.onnx.test_images=2"]), in: folder.path)
    #expect(isThere("seed-0/pruned/test_data_set_0/input_0.pb") && !isThere(leftover))
    let size = try bytes(root + "seed-0/pruned/model.onnx").count
    let measured = """
      {"format": 1, "runtime": "a runtime", "processor": "a processor", "models": [{"seed": 0,
      "variant": "pruned", "macs": 5, "bytes": \(size), "latency": [{"threads": 1, "batch_size": 1,
      "milliseconds": 2.5}]}]}
      """
    try Data(measured.utf8).write(to: URL(fileURLWithPath: root + "deployment.json"))
    try run(digits(onnx), in: folder.path)
    #expect(try isThere("deployment.json") && page(folder).contains("a runtime"))
    #expect(isThere("seed-0/pruned/model.onnx") && !isThere("seed-0/pruned/test_data_set_0"))
    try run(digits(onnx + ["architecture.width=0.75"]), in: folder.path)
    #expect(!isThere("deployment.json"))
    #expect(try !page(folder).contains("a runtime") && !page(folder).contains("deployment.json"))
  }

  @Test("each training says where it was trained, whoever writes the report")
  func sessions() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path, threads: 1)
    let newest = try stageFolder(folder.path, variant: .baseline) + "/checkpoint-3-0.safetensors"
    try FileManager.default.removeItem(atPath: newest)
    let report = try run(digits(), in: folder.path, threads: 2)
    #expect(report.environment.threads == 2)
    let sessions = report.timing.runs.map { run in
      (run.sessions ?? []).map { [$0.fromEpoch, $0.environment.threads] }
    }
    #expect(sessions == [[[1, 1], [3, 2]], [[1, 1]]])
    #expect(try page(folder).contains("baseline, seed 0, from epoch 1"))
    #expect(try !page(folder).contains("baseline, seed 0, from epoch 3"))
  }
}
