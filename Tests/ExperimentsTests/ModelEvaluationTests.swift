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
