import Compute
import Foundation
import Network
import Specification
import Testing

@testable import Experiments

@Suite("Evaluations of models")
struct ModelEvaluationTests {
  private let engine: Engine
  private let folder: TemporaryFolder

  init() throws {
    engine = try Engine(threads: 2)
    folder = try TemporaryFolder()
  }

  /// An evaluation of a model that gives every image the same logits if `weight` is 0.
  private func evaluation(
    _ spec: ExperimentSpec, weight: Float = 0, bias: Float = 0
  ) throws -> ModelEvaluation {
    let model = folder.path + "/model.safetensors"
    try writeModel(
      of: spec, weight: weight, biases: Array(repeating: bias, count: spec.architecture.classes), to: model,
      engine: engine)
    return try ModelEvaluation(spec, weights: model, engine: engine)
  }

  @Test("by `sensitivity` need the baseline as safetensors, and say so if a run does not write it")
  func missingFormat() throws {
    let error = #expect(throws: RunError.self) {
      try SensitivityAnalysis(
        digits(["export.formats=[onnx]"]), weights: nil, ratios: [0.5], results: folder.path, engine: engine,
        progress: .silent, interruption: Interruption()
      ).run()
    }
    #expect(error?.description.contains("; `export.formats` lacks safetensors: add it, and ") == true)
  }

  /// How every text ends: parameters and MACs.
  private func cost(_ spec: ExperimentSpec) throws -> String {
    let cost = try spec.network(engine: engine).cost()
    return "; \(cost.parameters) parameters, \(cost.macs) MACs"
  }

  private func object(_ evaluation: ModelEvaluation) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(evaluation.json().utf8)) as? [String: Any])
  }

  @Test(
    "say accuracies, loss, images and cost, and which precision it was if not single",
    arguments: [("float32", ""), ("bfloat16", " in bfloat16")])
  func whole(_ precision: String, _ said: String) throws {
    let spec = try digits(["evaluate.precision=\(precision)"])
    let evaluation = try evaluation(spec)
    // All classes are equally probable, so that the lowest ones count as the most probable.
    let labels = try spec.loadData(threads: 1).test.labels
    let (top1, top5) = (labels.count { $0 == 0 }, labels.count { $0 < 5 })
    #expect(labels.count == 100)
    #expect(
      try evaluation.text()
        == "top-1 \(top1).00 %, top-5 \(top5).00 %, loss 2.3026 on 100 images\(said)" + cost(spec))
    let object = try object(evaluation)
    #expect(
      Set(object.keys) == ["images", "loss", "top1", "top5", "parameters", "macs", "precision"])
    #expect(object["images"] as? Int == 100 && object["precision"] as? String == precision)
    #expect(object["top1"] as? Double == Double(top1) && object["top5"] as? Double == Double(top5))
    let loss = try #require(object["loss"] as? Double)
    #expect(abs(loss - log(10)) < 1e-6)
  }

  @Test("say so where the loss is not finite, and leave it out of the JSON")
  func infinite() throws {
    let spec = try digits()
    let largest = Float.greatestFiniteMagnitude
    let evaluation = try evaluation(spec, weight: largest, bias: largest)
    #expect(
      try evaluation.text() == "top-1 0.00 %, top-5 0.00 %, no finite loss on 100 images" + cost(spec))
    #expect(
      try Set(object(evaluation).keys) == ["images", "top1", "top5", "parameters", "macs", "precision"])
  }

  /// The experiment's metadata of a model, whose classes are given.
  private func metadata(_ spec: ExperimentSpec, classes: [String]) throws -> [String: String] {
    let list = String(decoding: try JSONEncoder().encode(classes), as: UTF8.self)
    return ModelMetadata.of(spec).merging(["espalier.classes": list]) { $1 }
  }

  @Test(
    "warn of a model that was trained with other classes, by the first that differs",
    arguments: [
      (["colour", "deep", "large"], nil),
      (["colour", "deep", "large", "more"], nil),
      (["colour", "large", "deep"], "class 1 was `large` in training, and is `deep` in the data set"),
      (["colour", "deep"], "class 2 did not exist in training, and is `large` in the data set"),
    ] as [([String], String?)])
  func otherClasses(_ classes: [String], _ warning: String?) throws {
    let runs = ImageFolderRunTests()
    let pictures = try runs.pictures()
    let spec = try runs.experiment(pictures)
    let model = folder.path + "/model.safetensors"
    try writeModel(
      of: spec, weight: 1, biases: [0, 0, 0], metadata: metadata(spec, classes: classes), to: model,
      engine: engine)
    let warnings = warning.map { ["\(model): \($0)"] } ?? []
    #expect(try ModelEvaluation(spec, weights: model, engine: engine).warnings == warnings)
    #expect(try ModelScores(spec, weights: model, images: nil, engine: engine).warnings == warnings)
  }

  @Test("and runs and predictions warn of a model that was trained with another normalization")
  func otherNormalization() throws {
    let runs = ImageFolderRunTests()
    let pictures = try runs.pictures()
    let other = ["dataset.normalize={mean: [0.5, 0.5, 0.5], std: [0.229, 0.224, 0.25]}"]
    let model = folder.path + "/model.safetensors"
    let trained = try runs.experiment(pictures)
    let classes = ["deep", "colour", "large"]
    try writeModel(
      of: trained, biases: [0, 0, 0], metadata: metadata(trained, classes: classes), to: model,
      engine: engine)
    let normalization = [
      "\(model): `dataset.normalize.mean` was `[0.485, 0.456, 0.406]` in training, and is `[0.5, 0.5, 0.5]`",
      "\(model): `dataset.normalize.std` was `[0.229, 0.224, 0.225]` in training, and is `[0.229, 0.224, 0.25]`",
    ]
    let all = ["\(model): class 0 was `deep` in training, and is `colour` in the data set"] + normalization
    let spec = try runs.experiment(pictures, other)
    #expect(try ModelEvaluation(spec, weights: model, engine: engine).warnings == all)
    func prediction(_ spec: ExperimentSpec) throws -> Prediction {
      let picture = ImageFolderRunTests.fixtures + "colour.jpg"
      return try Prediction(spec, weights: model, images: .pictures([picture]), top: 1, engine: engine)
    }
    #expect(try prediction(spec).warnings == normalization)
    #expect(try prediction(trained).warnings.isEmpty)
    func prepared(_ more: String...) throws -> [String] {
      var preparation = ExperimentPreparation(kernels: .portable)
      let start = "architecture.weights=\(model)"
      _ = try preparation.prepare(runs.experiment(pictures, other + [start] + more))
      return preparation.warnings
    }
    #expect(try prepared() == all.sorted())
    #expect(try prepared("architecture.new_head=true").isEmpty)
  }

  @Test("and quantized exports warn of a model whose ONNX file says that it was trained otherwise")
  func otherTrainingOfONNX() throws {
    let spec = try digits()
    let (network, model) = (try spec.network(engine: engine), folder.path + "/model.onnx")
    let classes = (0..<10).map { $0 == 7 ? "seven" : "\($0)" }
    _ = try ONNXExport(
      network: network, spec: spec.export.onnx, metadata: metadata(spec, classes: classes), calibration: nil
    ).write(to: model)
    let other = try digits(["dataset.normalize.mean=[0.5]", "export.onnx={quantize: {images: 512}}"])
    let (classWarning, mean) = (
      "\(model): class 7 was `seven` in training, and is `7` in the data set",
      "\(model): `dataset.normalize.mean` was `\(spec.dataset.normalize.mean)` in training, and is `[0.5]`"
    )
    #expect(try ModelEvaluation(other, weights: model, engine: engine).warnings == [classWarning, mean])
    let output = folder.path + "/integers.onnx"
    let export = try ModelExport.write(other, weights: model, as: .onnx, to: output, engine: engine)
    #expect(export.warnings == [mean])
    // All images that there are.
    #expect(ModelMetadata.read(output)[ModelMetadata.calibrationImages] == "300")
  }

  @Test("have no top-5 accuracy of fewer than five classes")
  func fewClasses() throws {
    let runs = ImageFolderRunTests()
    let pictures = try runs.pictures()
    let spec = try runs.experiment(pictures)
    let evaluation = try evaluation(spec)
    #expect(try evaluation.text() == "top-1 33.33 %, loss 1.0986 on 24 images" + cost(spec))
    #expect(
      try Set(object(evaluation).keys) == ["images", "loss", "top1", "parameters", "macs", "precision"])
  }
}
