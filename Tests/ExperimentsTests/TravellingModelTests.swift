import Architectures
import Compute
import Foundation
import Network
import ONNX
import Specification
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

@Suite("Models that come and go")
struct TravellingModelTests {
  private let engine: Engine

  init() throws {
    engine = try Engine(threads: 2)
  }

  private let pruned = "/digits/seed-0/pruned/"

  private func shape(_ network: Network) -> FeatureShape { network.graph.input }

  @Test("are written as ONNX beside the tensors, with test data and what they are")
  func files() throws {
    let folder = try TemporaryFolder()
    let spec = try digits([
      "export.formats=[safetensors, onnx]", "export.onnx={test_images: 2, pad_channels: 1}",
    ])
    let report = try run(spec, in: folder.path)
    let network = try spec.network(weights: folder.path + pruned + "model.safetensors", engine: engine)
    let path = folder.path + pruned + "model.onnx"
    let read = try ONNXNetwork(contentsOf: path, input: network.graph.input)
    for name in ["seed-0/baseline", "seed-0/pruned"] {
      for file in ["model.onnx", "test_data_set_0/input_0.pb", "test_data_set_0/output_0.pb"] {
        #expect(
          FileManager.default.fileExists(atPath: "\(folder.path)/digits/\(name)/\(file)"), "\(name)/\(file)")
      }
    }
    let output = folder.path + "/out.safetensors"
    #expect(throws: ToolError.self, "an ONNX file does not say which channels are left") {
      try ModelExport.write(spec, weights: path, as: .safetensors, to: output, engine: engine)
    }
    #expect(!FileManager.default.fileExists(atPath: output))
    #expect(read.metadata["experiment"] == "digits")
    #expect(read.metadata["espalier.variant"] == "pruned")
    #expect(read.metadata["espalier.input"] == "[1, 8, 8]")
    #expect(read.metadata["espalier.classes"]?.hasPrefix("[\"0\", \"1\"") == true)
    #expect(read.metadata["espalier.top1"] == report.runs.last.map { "\($0.top1)" })
    #expect(read.metadata["espalier.stage"]?.count == 64)
    #expect(
      read.metadata["espalier.channels"]?.hasPrefix(#"{"conv1": 4, "layer1.0.conv1": 4, "#) == true,
      "channels before pruning")
    #expect(
      try TensorFile(contentsOf: folder.path + pruned + "model.safetensors").metadata["espalier.stage"]
        == read.metadata["espalier.stage"])
    let again = try ExperimentFile.load(
      folder.path + "/digits/experiment.yaml", overrides: [], catalog: .standard, environment: [:])
    #expect(again == spec)
  }

  @Test("are refused to train from where they have changed since the run began")
  func changedStart() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let start = folder.path + "/start.safetensors"
    let models = folder.path + "/digits/seed-0/"
    try bytes(models + "baseline/model.safetensors").write(to: URL(filePath: start))
    let spec = try digits([
      "name=student", "architecture.weights=\(start)", "train.epochs=1", "prune=null", "expect=null",
    ])
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let prepared = try preparation.prepare(spec)
    let stage = try #require(prepared.stages.first)
    func train(_ name: String) throws -> VariantTraining.Outcome {
      try VariantTraining(
        stage: stage, data: prepared.data, engine: engine,
        checkpoints: CheckpointStore(folder: "\(folder.path)/\(name)"), interruption: Interruption(),
        progress: .silent
      ).run(fresh: false)
    }
    _ = try train("first")
    try run(digits(["seeds=[1]", "name=teacher"]), in: folder.path)
    try bytes(folder.path + "/teacher/seed-1/baseline/model.safetensors").write(to: URL(filePath: start))
    // What is trained no longer needs it.
    _ = try train("first")
    let error = #expect(throws: RunError.self) { try train("second") }
    #expect(
      error?.description
        == "\(start): has changed since the run began; run again to start from it as it is now")
  }

  @Test("with other classes than the experiment's are refused as ONNX files, too")
  func otherClasses() throws {
    let folder = try TemporaryFolder()
    try run(digits(["export.formats=[onnx]", "prune=null", "expect=null"]), in: folder.path)
    let model = folder.path + "/digits/seed-0/baseline/model.onnx"
    let error = #expect(throws: ToolError.self) {
      try ModelEvaluation(digits(["architecture.classes=12"]), weights: model, engine: engine)
    }
    #expect(
      error?.description
        == "\(model): its classifier has 10 classes, the network 12; `architecture.new_head: true` trains a new one"
    )
  }

  @Test("whose layers come from a file that has changed are refused with what is wrong with it")
  func damagedLayers() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/layers.onnx"
    try Data(count: 100).write(to: URL(filePath: path))
    var spec = try digits()
    spec.architecture.onnx = path
    let error = #expect(throws: ToolError.self) { try spec.network(engine: engine) }
    #expect(
      error?.description
        == "\(path): it is not an ONNX model, or it is damaged; onnx.checker.check_model gives details")
  }

  @Test("predict for images whose labels are not of their classes")
  func otherLabels() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/images.safetensors"
    let images = Tensor(shape: [2, 1, 8, 8], values: [Float](repeating: 0, count: 128))
    try TensorFile(tensors: ["images": images], integers: ["labels": [-1, 99]]).write(to: path)
    let network = try digits().network(engine: engine)
    #expect(throws: ToolError.self) { try LabelledImages(contentsOf: path, for: network) }
    #expect(try LabelledImages(contentsOf: path, for: network, needsLabels: false).labels.isEmpty)
  }

  @Test("say how they do on the test images")
  func evaluation() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    let report = try run(spec, in: folder.path)
    let model = folder.path + pruned + "model.safetensors"
    let evaluation = try ModelEvaluation(spec, weights: model, engine: engine)
    let expected = try #require(report.runs.last)
    #expect(evaluation.top1 == expected.top1)
    #expect(evaluation.loss == expected.testLoss)
    #expect(evaluation.images == 100)
    #expect(evaluation.macs == expected.macs)
    #expect(throws: ToolError.self) { try ModelEvaluation(spec, weights: nil, engine: engine) }
  }

  @Test("come in as ONNX, train on, lose channels, and go out again")
  func arrival() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["export.formats=[safetensors, onnx]"])
    try run(spec, in: folder.path)
    let start = folder.path + "/digits/seed-0/baseline/model.onnx"
    let text = """
      format: 1
      name: arrived
      dataset: {name: digits, train_limit: 300, test_limit: 100}
      architecture: {onnx: \(start)}
      train: {epochs: 1, batch_size: 32, optimizer: {learning_rate: 0.001}}
      prune: {ratio: 0.3, interval: 1}
      export: {formats: [onnx, safetensors]}
      """
    let arrived = try ExperimentFile.load(
      text: text, file: "arrived.yaml", overrides: [], catalog: .standard, environment: [:])
    #expect(arrived.architecture.weights == start)
    let network = try arrived.network(engine: engine)
    let original = try spec.network(
      weights: folder.path + "/digits/seed-0/baseline/model.safetensors", engine: engine)
    let shape = network.graph.input.planes(images: 3)
    let images = Planes(shape, dense: (0..<shape.channels * shape.pixelsPerChannel).map { Float($0 % 7) - 3 })
    let (found, expected) = (network.evaluate(images).values, original.evaluate(images).values)
    #expect(relativeError(found, expected) < 1e-5)
    let report = try run(arrived, in: folder.path)
    let after = try #require(report.summary.pruned)
    #expect(after.channels < report.summary.baseline?.channels ?? 0)
    let model = folder.path + "/arrived/seed-0/pruned/model.safetensors"
    let loaded = try arrived.network(weights: model, engine: engine)
    #expect(loaded.cost().macs == after.macs)
    // The pruned layers stand in a file of their own.
    let layers = try ExperimentFile.load(
      folder.path + "/arrived/seed-0/pruned/architecture.yaml", overrides: [], catalog: .standard,
      environment: [:])
    #expect(try layers.network(engine: engine).evaluate(images) == loaded.evaluate(images))
    #expect(layers.name == "arrived-again")
    let random = try ExperimentFile.load(
      text: text, file: "arrived.yaml", overrides: ["architecture.weights=null"], catalog: .standard,
      environment: [:])
    #expect(random.architecture.weights == nil)
    #expect(try random.network(engine: engine).evaluate(images).values != found)
  }

  @Test("are not replaced by a run that starts from them")
  func ownStart() throws {
    let folder = try TemporaryFolder()
    try run(try digits(), in: folder.path)
    var again = try digits()
    again.architecture.weights = folder.path + pruned + "model.safetensors"
    let error = #expect(throws: RunError.self) { try run(again, in: folder.path) }
    #expect(error?.description.contains("is one of the results that this run would replace") ?? false)
    #expect(FileManager.default.fileExists(atPath: folder.path + pruned + "model.safetensors"))
    again.name = "again"
    try run(again, in: folder.path)
  }

  @Test("leave their paths in reports as they are written, and train alike wherever they are")
  func paths() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["export.formats=[onnx]"])
    try run(spec, in: folder.path)
    let start = folder.path + "/digits/seed-0/baseline/model.onnx"
    func arrived(_ path: String) throws -> ExperimentSpec {
      try ExperimentFile.load(
        text: """
          format: 1
          name: arrived
          dataset: {name: digits, train_limit: 100, test_limit: 50}
          architecture: {onnx: "\(path)"}
          train: {epochs: 1, batch_size: 32, optimizer: {learning_rate: 0.001}}
          """, file: "arrived.yaml", overrides: [], catalog: .standard,
        environment: ["MODELS": folder.path + "/digits"])
    }
    let written = "${MODELS}/seed-0/baseline/model.onnx"
    let report = try run(arrived(written), in: folder.path)
    #expect(report.environment.paths?["architecture.onnx"] == start)
    #expect(report.environment.paths?["architecture.weights"] == start)
    let text = try String(contentsOfFile: folder.path + "/arrived/experiment.yaml", encoding: .utf8)
    #expect(text.contains("onnx: \"\(written)\"") && !text.contains(folder.path), "\(text)")
    let cache = StageCache(results: folder.path)
    let trainings = try Set(cache.entries(of: folder.path).entries.map(\.key))
    let again = try run(arrived(start), in: folder.path)
    #expect(again.environment.paths == nil)
    #expect(again.runs.map(\.testLoss) == report.runs.map(\.testLoss))
    #expect(try Set(cache.entries(of: folder.path).entries.map(\.key)) == trainings)
  }

  @Test("compute in integers where that is asked for, the same from a run and from a model's file")
  func quantized() throws {
    let folder = try TemporaryFolder()
    let spec = try digits([
      "export.formats=[safetensors, onnx]", "export.onnx={quantize: {images: 40}}",
    ])
    try run(spec, in: folder.path)
    let bytes = try Data(contentsOf: URL(filePath: folder.path + pruned + "model.onnx"))
    #expect(bytes.range(of: Data("DequantizeLinear".utf8)) != nil)
    #expect(bytes.range(of: Data("espalier.calibration_images".utf8)) != nil)
    let output = folder.path + "/again.onnx"
    _ = try ModelExport.write(
      spec, weights: folder.path + pruned + "model.safetensors", as: .onnx, to: output, engine: engine)
    #expect(try Data(contentsOf: URL(filePath: output)) == bytes)
    let problem = #expect(throws: ToolError.self) { try spec.network(weights: output, engine: engine) }
    #expect("\(try #require(problem))".contains("export the model before it is quantized"))
    let network = try spec.network(
      weights: folder.path + pruned + "model.safetensors", engine: engine)
    // As many images as there are at most, and one is enough.
    for images in [1, 1_000_000] {
      let other = try digits(["export.onnx={quantize: {images: \(images)}}"])
      let data = try other.loadData(threads: 1)
      let calibration = try #require(try other.calibration(of: network, on: data.train))
      let ranges = calibration.ranges
      #expect(calibration.images == min(images, 300))
      #expect(ranges.count == network.graph.nodes.count + 1)
      #expect(ranges.allSatisfy { $0.contains(0) })
    }
    #expect(try spec.calibration(of: network, on: spec.loadData(threads: 1).train)?.images == 40)
  }

  @Test("get a new classifier where the experiment says so, and else an error that names the key")
  func newHead() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    try run(spec, in: folder.path)
    let model = folder.path + "/digits/seed-0/baseline/model.safetensors"
    let others = ["architecture.classes=12", "architecture.weights=\(model)"]
    let problem = #expect(throws: SpecificationError.self) { try digits(others) }
    #expect(
      problem?.diagnostics.first?.message
        == "\(model): its classifier has 10 classes, the network 12; `architecture.new_head: true` trains a new one"
    )
    #expect(problem?.diagnostics.first?.path == "architecture.weights")
    let replaced = try digits(others + ["architecture.new_head=true", "name=replaced"])
    let network = try replaced.network(engine: engine)
    let file = try TensorFile(contentsOf: model)
    #expect(network.tensors["conv1.weight"] == file.tensors["conv1.weight"])
    #expect(network.tensors["fc.weight"]?.shape.first == 12)
    let report = try run(replaced, in: folder.path, fresh: true)
    #expect(report.status == .complete)
    try expectRandomHead(replaced, in: folder)
  }

  /// That no command takes start weights with a new classifier for a trained model.
  private func expectRandomHead(_ spec: ExperimentSpec, in folder: TemporaryFolder) throws {
    let problem = #expect(throws: ToolError.self) {
      try ModelEvaluation(spec, weights: nil, engine: engine)
    }
    #expect(
      problem?.description
        == "`architecture.new_head` has random weights; an evaluation needs a trained model: --weights MODEL.safetensors"
    )
    #expect(throws: ToolError.self) {
      try Prediction(spec, weights: nil, images: .pictures([]), top: 1, engine: engine)
    }
    #expect(throws: ToolError.self) {
      try ModelExport.write(
        spec, weights: nil, as: .onnx, to: folder.path + "/out.onnx", engine: engine)
    }
    let trained = folder.path + "/replaced/seed-0/baseline/model.safetensors"
    #expect(try ModelEvaluation(spec, weights: trained, engine: engine).images == 100)
    let warnings = try ModelScores(spec, weights: nil, images: nil, engine: engine).warnings
    #expect(warnings.first?.contains("`architecture.new_head`: the classifier has random weights") == true)
    #expect(try ModelScores(spec, weights: trained, images: nil, engine: engine).warnings.isEmpty)
    // The analysis is of the trained baseline.
    _ = try SensitivityAnalysis(
      spec, weights: nil, ratios: [0.5], results: folder.path, engine: engine, progress: .silent,
      interruption: Interruption()
    ).run()
  }

  @Test("are refused by their header when the experiment is read")
  func header() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/w.safetensors"
    func problem(_ file: TensorFile) throws -> String? {
      try file.write(to: path)
      do throws(SpecificationError) {
        _ = try ExperimentFile.load(
          repository + "/experiments/digits.yaml", overrides: ["architecture.weights=\(path)"],
          catalog: .standard,
          environment: [:])
        return nil
      } catch {
        return error.diagnostics.first?.message
      }
    }
    let spec = try digits(["architecture.width=0.5"])
    let network = try spec.network(engine: engine)
    #expect(try problem(network.tensorFile()) == nil)
    network.remove(channels: ["layer1.0.conv1": [1]])
    #expect(try problem(network.tensorFile()) == nil)
    var file = network.tensorFile()
    file.tensors["bn1.bias"] = nil
    #expect(try problem(file) == "\(path): tensor bn1.bias is missing")
    #expect(try problem(TensorFile()) == "\(path): tensor bn1.bias is missing")
    try Data("{}".utf8).write(to: URL(filePath: path))
    #expect(throws: SpecificationError.self) { try digits(["architecture.weights=\(path)"]) }
    // One that is not there may be elsewhere.
    #expect(try digits(["architecture.weights=\(path).other"]).architecture.weights == path + ".other")
  }

  @Test("of another architecture are refused with what they are")
  func otherArchitecture() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/m.safetensors"
    let spec = try digits()
    let model = try spec.network(engine: engine)
    func problem(_ overrides: String...) throws -> String? {
      try model.tensorFile(metadata: ModelMetadata.of(spec)).write(to: path)
      let error = #expect(throws: SpecificationError.self) {
        try digits(overrides + ["architecture.weights=\(path)"])
      }
      return error?.diagnostics.first?.message
    }
    let found = "\(path): its architecture is resnet, depth 8, width 0.25, input [1, 8, 8]: "
    #expect(try problem("architecture.depth=14") == found + "tensor layer1.1.bn1.bias is missing")
    #expect(
      try problem("architecture.width=0.5") == found + "tensor bn1.bias has shape [4], expected [8]")
    #expect(
      try problem("dataset={name: cifar10, path: none}")
        == found + "tensor conv1.weight has shape [4, 1, 3, 3], expected [4, 3, 3, 3]")
    model.remove(channels: ["layer3.0.conv1": [0]])
    let kept = "kept channels of layer3.0.conv1: expected ascending numbers from 0 to 7"
    #expect(try problem("architecture.width=0.125") == found + kept)
    let error = #expect(throws: ToolError.self) {
      try digits(["architecture.width=0.125"]).network(weights: path, engine: engine)
    }
    #expect(error?.description == found + kept)
    // The same network by another name.
    #expect(try digits(["architecture.weights=\(path)"]).architecture.weights == path)
  }

  @Test("in ONNX files are refused by their names and shapes when the experiment is read")
  func startNetwork() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["architecture.width=0.5"])
    let network = try spec.network(engine: engine)
    let bytes = try ONNXModel(network, ONNXOptions(padChannels: 1)).bytes
    func problem(_ name: String, _ bytes: [UInt8], _ others: [String] = []) throws -> String? {
      let path = "\(folder.path)/\(name)"
      try DurableFile.write(bytes, to: path)
      do throws(SpecificationError) {
        _ = try ExperimentFile.load(
          repository + "/experiments/digits.yaml", overrides: ["architecture.weights=\(path)"] + others,
          catalog: .standard, environment: [:])
        return nil
      } catch {
        #expect(error.diagnostics.map(\.path) == ["architecture.weights"])
        return error.diagnostics.first?.message.replacing(path, with: name)
      }
    }
    let damaged = "it is not an ONNX model, or it is damaged; onnx.checker.check_model gives details"
    #expect(try problem("whole.onnx", bytes) == nil)
    #expect(try problem("any-name", bytes) == nil)
    #expect(try problem("short.onnx", Array(bytes.prefix(2000))) == "short.onnx: \(damaged)")
    #expect(try problem("zeros.onnx", [UInt8](repeating: 0, count: 100)) == "zeros.onnx: \(damaged)")
    #expect(try problem("empty.onnx", []) == "empty.onnx: \(damaged)")
    #expect(
      try problem("page.onnx", Array("<!doctype html>".utf8))
        == "page.onnx: it is an HTML page, such as a server's message in place of a download")
    #expect(
      try problem("other.onnx", bytes, ["architecture.depth=14"])
        == "other.onnx: tensor layer1.1.bn1.bias is missing")
    #expect(
      try problem("classes.onnx", bytes, ["architecture.classes=12"])
        == "classes.onnx: its classifier has 10 classes, the network 12; "
        + "`architecture.new_head: true` trains a new one")
    #expect(
      try problem("classes.onnx", bytes, ["architecture.classes=12", "architecture.new_head=true"]) == nil)
    // The content of a file determines its type, not the name.
    #expect(try problem("tensors.onnx", network.tensorFile().serialized()) == nil)
  }

  @Test("that do not exist cause a warning by validate only")
  func missing() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/start.onnx"
    func warnings(forCheck: Bool) -> [String] {
      let loaded = ExperimentLoading.load(
        [repository + "/experiments/digits.yaml"], overrides: ["architecture.weights=\(path)"],
        forCheck: forCheck)
      #expect(loaded.diagnostics.isEmpty)
      return loaded.warnings.map { "\($0.path): \($0.message)" }
    }
    #expect(warnings(forCheck: false).isEmpty)
    #expect(
      warnings(forCheck: true) == ["architecture.weights: \(path) does not exist; `run` needs it"])
  }

  @Test("beside the experiment file instead of in the working folder are named so by validate")
  func besideFile() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/w.yaml"
    let text = """
      format: 1
      name: trial
      dataset: {name: digits}
      architecture: {name: resnet, depth: 8, weights: base.safetensors}
      train: {epochs: 1}
      """
    try Data(text.utf8).write(to: URL(filePath: file))
    func warning() throws -> Diagnostic {
      try #require(ExperimentLoading.load([file], overrides: [], forCheck: true).warnings.first)
    }
    let place = Place(file: file, line: 4, column: 49)
    let missing =
      "base.safetensors does not exist; `run` needs it; the path is "
      + FileManager.default.currentDirectoryPath + "/base.safetensors"
    #expect(
      try warning() == Diagnostic(place: place, path: "architecture.weights", message: missing))
    try Data().write(to: URL(filePath: folder.path + "/base.safetensors"))
    #expect(
      try warning().message
        == missing + "; it is next to the file: write `${EXPERIMENT_FOLDER}/base.safetensors`")
  }

  @Test("may call a block's projection downsample or shortcut")
  func projections() throws {
    let small = try ArchitectureRegistry.build(
      ArchitectureSpec(
        name: "resnet20", depth: 20, block: .basic, width: 0.25, input: [3, 8, 8], classes: 3),
      seed: 1, engine: engine)
    var file = small.tensorFile()
    file.tensors = Dictionary(
      uniqueKeysWithValues: file.tensors.map {
        ("module." + $0.key.replacing("shortcut", with: "downsample"), $0.value)
      })
    let other = try ArchitectureRegistry.build(
      ArchitectureSpec(
        name: "resnet20", depth: 20, block: .basic, width: 0.25, input: [3, 8, 8], classes: 3),
      seed: 2, engine: engine)
    try other.load(model: file, from: "memory")
    #expect(other.tensors == small.tensors)
  }
}
