import Foundation
import TestSupport
import Testing

@Suite("Commands")
struct CommandTests {
  static let trial = """
    format: 1
    name: trial
    dataset: {name: digits, train_limit: 100, test_limit: 50}
    architecture: {name: resnet, depth: 8, width: 0.25}
    train: {epochs: 2, batch_size: 50}
    prune: {ratio: 0.4, interval: 1}

    """
  static let files = ["trial.yaml": Data(trial.utf8)]

  @Test("run trains, prints the summary alone on standard output, and shows progress on standard error")
  func run() throws {
    let result = try Command.run(["run", "trial.yaml", "--progress", "plain"], files: Self.files)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("prunable channels"))
    #expect(!result.output.contains("epoch 1/2"))
    #expect(result.errors.contains("epoch 2/2"))
    #expect(result.errors.contains("pruned "))
  }

  @Test("run says which settings it changes of the results that it replaces")
  func replaced() throws {
    let folder = try TemporaryFolder(Self.files)
    let run = ["run", "trial.yaml", "--progress", "plain"]
    for _ in 1...2 {
      #expect(try !Command.run(run, in: folder.url).errors.contains("replacing"))
    }
    let changed = try Command.run(
      run + ["--set", "seeds=[1]", "--set", "prune.ratio=0.2"], in: folder.url)
    #expect(
      changed.errors.contains(
        "espalier: warning: results/trial: replacing the results there, since settings have changed: prune.ratio: 0.4 -> 0.2, seeds: [0] -> [1]\n"
      ))
  }

  @Test("a missed expectation is exit status 1")
  func missed() throws {
    let text = Self.trial + "expect: {compression: {paper: 99, at_least: 99}}\n"
    let result = try Command.run(
      ["run", "trial.yaml", "--progress", "none"], files: ["trial.yaml": Data(text.utf8)])
    #expect(result.status == 1)
    #expect(result.output.contains("MISSED compression"))
    #expect(result.errors.isEmpty)
  }

  @Test(
    "JSON output is JSON and nothing else",
    arguments: [
      ["plan", "trial.yaml", "--format", "json"], ["validate", "trial.yaml", "--format", "json"],
      ["schema", "experiment"], ["doctor", "--format", "json"],
    ])
  func json(_ arguments: [String]) throws {
    let result = try Command.run(arguments, files: Self.files)
    #expect(result.status == 0, "\(result.errors)")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(result.output.utf8)) }
    #expect(result.errors.isEmpty)
  }

  @Test("progress as JSON is JSON and nothing else, warnings and failures included")
  func jsonProgress() throws {
    let arguments = [
      "run", "trial.yaml", "--progress", "json", "--set", "train.optimizer.learning_rate=1e30", "--set",
      "prune.until=2",
    ]
    let result = try Command.run(arguments, files: Self.files)
    #expect(result.status == 3 && result.errorLines.isEmpty)
    let events = try result.errors.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
    #expect(events.first?["event"] as? String == "warning", "a step comes after the last epoch")
    #expect(events.last?["event"] as? String == "experiment_ended")
    #expect((events.last?["problem"] as? String)?.hasPrefix("the loss is ") == true)
  }

  @Test("a file extends another one whose path begins with its own folder's")
  func extendsOwnFolder() throws {
    let files = [
      "base/trial.yaml": Data(Self.trial.utf8),
      "own/more.yaml": Data("extends: ${EXPERIMENT_FOLDER}/../base/trial.yaml\nseeds: [1]\n".utf8),
    ]
    let result = try Command.run(["validate", "own/more.yaml"], files: files)
    #expect(result.status == 0, "\(result.errors)")
  }

  #if arch(x86_64)
    @Test("the user chooses OpenBLAS's kernels, and not a program of ours on another processor")
    func blasKernels() throws {
      func core(_ environment: [String: String]) throws -> String {
        let result = try Command.run(["doctor", "--format", "json"], environment: environment)
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return try #require(object?["blas_core"] as? String)
      }
      let theirs = ["OPENBLAS_CORETYPE": "Nehalem"]
      #expect(try core(theirs.merging(["ESPALIER_BLAS_CORETYPE": ""]) { $1 }) == "Nehalem")
      #expect(try core(theirs.merging(["ESPALIER_BLAS_CORETYPE": "Nehalem"]) { $1 }) != "Nehalem")
    }
  #endif

  @Test("init names its file as a shell reads it")
  func initQuoted() throws {
    let result = try Command.run(["init", "my trial (1).yaml"])
    #expect(result.output.contains("`espalier run 'my trial (1).yaml'`"), "\(result.errors)")
    let pictures = try Command.run(["init", "--dataset", "image-folder", "--architecture", "resnet"])
    #expect(pictures.status == 0, "\(pictures.errors)")
  }

  @Test("init writes how many classes the folder of pictures has, and a file for a folder without pictures")
  func initPictures() throws {
    let picture = try Data(
      contentsOf: Command.repository.appendingPathComponent(
        "Tests/DatasetsTests/Fixtures/pictures/colour.png"))
    for count in [3, 12] {
      let trial = try Trial()
      for place in (1...count).flatMap({ ["train/\($0)", "val/\($0)"] }) {
        let folder = trial.folder.appendingPathComponent("data/photos/\(place)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try picture.write(to: folder.appendingPathComponent("picture.png"))
      }
      let (text, warnings) = try initialized(in: trial.folder)
      #expect(text.contains("\n  classes: \(count) "), "\(text)")
      #expect(warnings.isEmpty)
    }
    let trial = try Trial()
    try FileManager.default.createDirectory(
      at: trial.folder.appendingPathComponent("data/photos"), withIntermediateDirectories: true)
    let (text, warnings) = try initialized(in: trial.folder)
    #expect(text.contains("\n  classes: 10               # set it to the number of folders in train/\n"))
    #expect(text.contains("ratio: 0.4 ") && !text.contains("40 %"), "any ratio fits the description")
    #expect(warnings.contains("there is no folder train in it"), "\(warnings)")
  }

  /// The file that `init` writes for the pictures in `data/photos`, and its warnings.
  private func initialized(in folder: URL) throws -> (text: String, warnings: String) {
    let result = try Command.run(["init", "photos.yaml", "--dataset", "image-folder"], in: folder)
    #expect(result.status == 0, "\(result.errors)")
    let file = folder.appendingPathComponent("photos.yaml")
    return (try String(contentsOf: file, encoding: .utf8), result.errors)
  }

  @Test("commands with one output take a file of one experiment only")
  func severalExperiments() throws {
    let files = ["trial.yaml": Data((Self.trial + "matrix: {train.epochs: [1, 2]}\n").utf8)]
    for arguments in [
      ["score", "trial.yaml"], ["sensitivity", "trial.yaml", "--format", "json"],
      ["check-gradients", "trial.yaml", "--weights", "w", "--images", "i", "--out", "o"],
    ] {
      let result = try Command.run(arguments, files: files)
      #expect(result.status == 2)
      #expect(
        result.errors.contains("espalier: trial.yaml has 2 experiments; expected a file of one, such as "))
    }
  }

  @Test("sensitivity suggests no option of run, which would discard the trainings")
  func otherOptions() throws {
    let result = try Command.run(["sensitivity", "trial.yaml", "--force"], files: Self.files)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix("espalier: Unknown option '--force': the same command resumes (see "))
  }

  @Test("submit refuses more threads than a task can use")
  func tooManyThreads() throws {
    let arguments = ["submit", "trial.yaml", "--threads", "300", "--dry-run"]
    let result = try Command.run(arguments, files: Self.files)
    #expect(result.status == 2)
    #expect(result.errors.contains("--threads must be from 1 to 256"), "\(result.errors)")
  }

  @Test("the manifests for Kubernetes are documents of their own")
  func manifests() throws {
    let submit = [
      "submit", "trial.yaml", "--to", "kubernetes", "--image", "espalier:1", "--claim", "lab", "--dry-run",
      "--memory", "1G",
    ]
    let result = try Command.run(submit, files: Self.files)
    #expect(result.status == 0, "\(result.errors)")
    let documents = result.output.components(separatedBy: "\n---\n")
    #expect(
      documents.map { $0.components(separatedBy: "\nkind: ").count - 1 } == [1, 1, 1], "\(result.output)")
  }

  @Test("plan shows layers, pruning steps and runs")
  func plan() throws {
    let result = try Command.run(["plan", "trial.yaml"], files: Self.files)
    #expect(result.status == 0, "\(result.errors)")
    for text in ["layer1.0.conv1", "after epoch", "baseline", "pruned"] {
      #expect(result.output.contains(text), "\(text)")
    }
  }

  @Test("bench measures in the precision that is asked for", arguments: ["float32", "bfloat16"])
  func bench(_ precision: String) throws {
    let result = try Command.run([
      "bench", "resnet20:inner=0.1", "--mode", "infer", "--precision", precision, "--batch", "2", "--seconds",
      "0", "--format", "json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(object?["precision"] as? String == precision && object?["mode"] as? String == "infer")
  }

  @Test("bench checks all cases before any output", arguments: [[String](), ["--profile"]])
  func benchmarkCases(_ options: [String]) throws {
    let result = try Command.run(["bench", "resnet20", "vgg16@8", "--seconds", "0"] + options)
    #expect(result.status == 2, "\(result.errors)")
    #expect(result.output.isEmpty, "\(result.output)")
  }

  @Test("score without weights warns that they are random, and its JSON is alone on standard output")
  func randomScores() throws {
    let result = try Command.run(["score", "trial.yaml", "--format", "json"], files: Self.files)
    #expect(result.status == 0, "\(result.errors)")
    let scores = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(scores?["scores"] != nil && scores?["weights"] == nil)
    #expect(result.errors.contains("the scores are those of random weights"))
  }

  @Test("score as CSV has a row for every prunable channel")
  func score() throws {
    let result = try Command.run(["score", "trial.yaml", "--format", "csv"], files: Self.files)
    #expect(result.status == 0, "\(result.errors)")
    let rows = result.output.split(separator: "\n")
    #expect(rows.first == "layer,channel,score")
    // Three stages of 4, 8 and 16 channels, two convolutions each.
    #expect(rows.count == 1 + 2 * (4 + 8 + 16))
  }

  @Test("version and help are exit status 0")
  func help() throws {
    for arguments in [["version"], ["--version"], ["--help"], ["help", "run"], []] {
      let result = try Command.run(arguments)
      #expect(result.status == 0, "\(arguments): \(result.errors)")
      #expect(!result.output.isEmpty, "\(arguments)")
    }
  }

  @Test("an interrupted run ends with 130, and resumes to the same report")
  func interruption() throws {
    // Long enough for a busy machine to see the checkpoints before it ends.
    let trial = try Trial(epochs: 40)
    // Checkpoints of whole epochs, which the next run says are done.
    _ = try trial.runUntilTwoCheckpoints(signals: [SIGINT], interval: 1000)
    let said = try trial.finish(Trial.undisturbedOutcome(epochs: 40))
    #expect(said.contains("of them done before"), "\(said)")
  }
}
