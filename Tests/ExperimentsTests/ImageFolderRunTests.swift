import Compute
import Foundation
import Specification
import Synchronization
import Testing

@testable import Experiments
@testable import Reports

/// Experiments on folders of pictures.
@Suite("Experiments on image folders")
struct ImageFolderRunTests {
  static let fixtures = repository + "/Tests/DatasetsTests/Fixtures/pictures/"

  /// Three classes that are told apart by their kind of picture; `damaged` adds a picture that is
  /// cut off.
  func pictures(damaged: Bool = false) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let classes = ["colour": "colour.jpg", "deep": "deep.png", "large": "large.jpg"]
    for split in ["train", "val"] {
      for (name, file) in classes {
        let path = "\(folder.path)/\(split)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for number in 0..<8 {
          try FileManager.default.copyItem(
            atPath: Self.fixtures + file, toPath: "\(path)/\(number)\(file.suffix(4))")
        }
      }
    }
    if damaged {
      try FileManager.default.copyItem(
        atPath: Self.fixtures + "cut.jpg", toPath: folder.path + "/train/large/cut.jpg")
    }
    return folder
  }

  private func text(_ pictures: TemporaryFolder) -> String {
    """
    format: 1
    name: folder
    dataset:
      name: image-folder
      path: \(pictures.path)
      size: 16
      augment: {random_resized_crop: {}, horizontal_flip: true}
    architecture: {name: resnet, depth: 8, width: 0.25}
    train: {epochs: 3, batch_size: 8}
    prune: {ratio: 0.3, interval: 1, until: 2}
    """
  }

  func experiment(_ pictures: TemporaryFolder, _ overrides: [String] = []) throws -> ExperimentSpec {
    try ExperimentFile.load(
      text: text(pictures), file: "folder.yaml", overrides: overrides, catalog: .standard, environment: [:])
  }

  @Test("leave a model that knows the number of classes, for when the folder is gone")
  func classesOfModel() throws {
    let (pictures, results) = (try pictures(), try TemporaryFolder())
    let overrides = ["train.epochs=1", "prune=null", "export.formats=[safetensors, onnx]"]
    try run(experiment(pictures, overrides), in: results.path)
    let file = results.path + "/again.yaml"
    try Data(text(pictures).utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.removeItem(atPath: pictures.path)
    let unknown = ExperimentLoading.load([file], overrides: [], withoutDataset: true)
    #expect(unknown.diagnostics.map(\.path) == ["dataset.path"])
    for name in ["model.safetensors", "model.onnx"] {
      let model = results.path + "/folder/seed-0/baseline/" + name
      let known = ExperimentLoading.load([file], overrides: [], withoutDataset: true, model: model)
      #expect(known.specs.map(\.architecture.classes) == [3], "\(known.diagnostics)")
    }
  }

  @Test("end with the same bytes for any number of threads, and are not trained again")
  func threads() throws {
    let pictures = try pictures()
    let spec = try experiment(pictures)
    #expect(spec.architecture.classes == 3 && spec.architecture.input == [3, 16, 16])
    #expect(spec.dataset.pictures?.resize == 18)
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    let reports = try zip(folders, [1, 3]).map { try run(spec, in: $0.path, threads: $1) }
    #expect(reports[0].runs == reports[1].runs)
    #expect(reports[0].runs.allSatisfy { $0.history.allSatisfy { $0.images == 24 } })
    for variant in ["baseline", "pruned"] {
      let models = try folders.map { try bytes("\($0.path)/folder/seed-0/\(variant)/model.safetensors") }
      #expect(models[0] == models[1])
    }
    var preparation = ExperimentPreparation(kernels: .portable)
    let before = try preparation.prepare(spec).stages.map(\.key)
    var again = ExperimentPreparation(kernels: .portable)
    #expect(try again.prepare(spec).stages.map(\.key) == before)
    try FileManager.default.removeItem(atPath: pictures.path + "/train/large/0.jpg")
    var changed = ExperimentPreparation(kernels: .portable)
    #expect(try changed.prepare(spec).stages.map(\.key) != before)
  }

  @Test("fail at a damaged picture, or go on without it")
  func damaged() throws {
    let pictures = try pictures(damaged: true)
    let results = try TemporaryFolder()
    #expect {
      try run(try experiment(pictures), in: results.path)
    } throws: {
      "\($0)".hasPrefix("\(pictures.path)/train/large/cut.jpg: damaged: the file is cut off; expected")
    }
    let report = try run(try experiment(pictures, ["dataset.damaged=skip"]), in: results.path)
    #expect(report.runs.allSatisfy { $0.history.allSatisfy { $0.images == 24 } })
    #expect(report.runs.allSatisfy { $0.leftOut == LeftOutPictures(train: 1, test: 0) })
    try FileManager.default.copyItem(
      atPath: Self.fixtures + "cut.jpg", toPath: pictures.path + "/val/large/cut.jpg")
    // Counted in a training that is read from the cache, too.
    for _ in 0..<2 {
      let both = try run(try experiment(pictures, ["dataset.damaged=skip"]), in: results.path)
      #expect(both.runs.allSatisfy { $0.leftOut == LeftOutPictures(train: 1, test: 1) })
    }
  }

  @Test("commands that look at a model leave damaged pictures out, say so, and fail where none is left")
  func damagedForTools() throws {
    let pictures = try pictures(damaged: true)
    let folder = try TemporaryFolder()
    let spec = try experiment(pictures, ["dataset.damaged=skip", "prune.criterion=taylor"])
    try run(spec, in: folder.path)
    let model = folder.path + "/folder/seed-0/baseline/model.safetensors"
    let engine = try Engine(threads: 1)
    func evaluated() throws -> ModelEvaluation { try ModelEvaluation(spec, weights: model, engine: engine) }
    func scored() throws -> ModelScores {
      try ModelScores(spec, weights: model, images: nil, engine: engine)
    }
    #expect(try scored().warnings == ["\(pictures.path)/train/large/cut.jpg: left out: the file is cut off"])
    try FileManager.default.copyItem(
      atPath: Self.fixtures + "cut.jpg", toPath: pictures.path + "/val/large/cut.jpg")
    let evaluation = try evaluated()
    #expect(evaluation.images == 24)
    #expect(evaluation.warnings == ["\(pictures.path)/val/large/cut.jpg: left out: the file is cut off"])
    for split in ["train", "val"] {
      for name in try FileManager.default.subpathsOfDirectory(atPath: "\(pictures.path)/\(split)")
      where name.contains(".") {
        try Data().write(to: URL(fileURLWithPath: "\(pictures.path)/\(split)/\(name)"))
      }
    }
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: (any Error).self) { try body() }.map { "\($0)" }
    }
    let allLeftOut = "picture can be decoded; `dataset.damaged: skip` has left out all of them"
    #expect(message { _ = try evaluated() } == "no test \(allLeftOut)")
    #expect(message { _ = try scored() } == "no training \(allLeftOut)")
    let analysis = SensitivityAnalysis(
      spec, weights: model, ratios: [0.5], results: folder.path, engine: engine,
      progress: .silent, interruption: Interruption())
    #expect(message { _ = try analysis.run() } == "no test \(allLeftOut)")
  }

  @Test("are named once where they are not read, by a plan, a run and an evaluation")
  func unread() throws {
    let (pictures, results) = (try pictures(), try TemporaryFolder())
    try pictures.write(Data([1]), to: "train/large/one.webp")
    let specs = try ["one", "two"].map {
      try experiment(pictures, ["name=\($0)", "train.epochs=1", "prune=null"])
    }
    let engine = try Engine(threads: 1)
    let warning =
      "\(pictures.path)/train: a file named `.webp` is not read; expected files named .jpg, .jpeg or .png"
    let plan = try SuitePlan(specs, results: results.path, engine: engine, calibrates: false)
    #expect(plan.warnings == [warning])
    let shown = Mutex("")
    let runner = ExperimentRunner(
      engines: [engine], results: results.path,
      progress: ProgressPrinter(
        style: .warnings, label: nil, bars: ProgressBars { text in shown.withLock { $0 += text } }),
      interruption: Interruption())
    #expect(runner.run(specs).allSatisfy { $0.failure == nil })
    #expect(shown.withLock { $0.components(separatedBy: warning).count } == 2)
    let model = results.path + "/one/seed-0/baseline/model.safetensors"
    #expect(try ModelEvaluation(specs[0], weights: model, engine: engine).warnings == [warning])
  }

  @Test("warn in a plan, a run and of scores where a limit or `prune.samples` is above the number of images")
  func tooFew() throws {
    let (pictures, results) = (try pictures(), try TemporaryFolder())
    let many = ["dataset.train_limit=3000", "dataset.test_limit=2000", "prune.samples=1000"]
    let spec = try experiment(pictures, many)
    let limits = [
      "dataset.train_limit: 3000, but there are only 24 training images: all are used",
      "dataset.test_limit: 2000, but there are only 24 test images: all are used",
    ]
    let samples = "prune.samples: 1000, but there are only 24 training images: all are used"
    let engine = try Engine(threads: 1)
    let plan = try SuitePlan([spec], results: results.path, engine: engine, calibrates: false)
    #expect(plan.warnings == (limits + [samples]).sorted())
    var preparation = ExperimentPreparation(kernels: .portable)
    _ = try preparation.prepare(spec)
    _ = try preparation.prepare(experiment(pictures, many + ["name=other"]))
    #expect(preparation.warnings == plan.warnings)
    let scores = try ModelScores(spec, weights: nil, images: nil, engine: engine)
    #expect(Array(scores.warnings.dropFirst()) == limits + [samples])
    // It reads no images.
    let norms = try experiment(pictures, many + ["prune.criterion=l1_norm"])
    #expect(try norms.warnings(about: norms.loadData(threads: 1), model: nil).isEmpty)
  }

  @Test("are refused when the folder has more classes than the network has outputs")
  func classes() throws {
    let pictures = try pictures()
    let spec = try experiment(pictures)
    let more = pictures.path + "/train/more"
    try FileManager.default.createDirectory(atPath: more, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: Self.fixtures + "colour.jpg", toPath: more + "/0.jpg")
    try FileManager.default.copyItem(atPath: more, toPath: pictures.path + "/val/more")
    let results = try TemporaryFolder()
    #expect {
      try run(spec, in: results.path)
    } throws: {
      "\($0)"
        == "\(pictures.path): 4 classes; expected at most 3, the outputs of the network (`architecture.classes`)"
    }
  }
}
