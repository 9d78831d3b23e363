import Compute
import Foundation
import Network
import Reports
import Specification
import Training

/// Accuracy and loss of a model on an experiment's test images.
public struct ModelEvaluation: Encodable {
  /// Number of test images, without damaged ones that were left out.
  let images: Int
  /// Mean cross entropy; nil if it is not finite.
  let loss: Double?
  /// Percent of images whose class is the most probable one.
  let top1: Double
  /// Percent of images whose class is among the five most probable ones; nil if there are fewer
  /// classes.
  let top5: Double?
  let parameters: Int
  let macs: Int
  /// Of activations: `float32` or `bfloat16`.
  let precision: String
  /// Warnings about limits, about pictures that were left out or are not read, and about a model
  /// that was trained with other classes or another normalization.
  public let warnings: [String]

  private enum CodingKeys: String, CodingKey {
    case images, loss, top1, top5, parameters, macs, precision
  }

  /// - Parameter weights: the model's file; nil for the experiment's start weights
  /// - Throws: ``ToolError`` if a file or the test images cannot be used.
  public init(_ spec: ExperimentSpec, weights: String?, engine: Engine) throws(ToolError) {
    let model = try spec.trainedModel(weights, for: "an evaluation")
    let network = try spec.network(weights: weights, engine: engine)
    do throws(RunError) {
      let data = try spec.loadData(threads: engine.threads)
      let evaluation = try spec.evaluation(
        of: network, on: data.test, precision: Precision(spec.evaluate.precision))
      (images, loss, top1) = (evaluation.images, evaluation.loss, evaluation.top1)
      top5 = network.classes < 5 ? nil : evaluation.top5
      warnings =
        data.warnings + ModelMetadata.differences(ofModel: model, from: spec, data) + data.takeWarnings()
    } catch {
      throw .failed(error)
    }
    let cost = network.cost()
    (parameters, macs) = (cost.parameters, cost.macs)
    precision = spec.evaluate.precision.rawValue
  }

  public func json() -> String { jsonText(self, pretty: true) }

  public func text() -> String {
    let accuracies =
      String(format: "top-1 %.2f %%", top1) + (top5.map { String(format: ", top-5 %.2f %%", $0) } ?? "")
    let loss = loss.map { String(format: "loss %.4f", $0) } ?? "no finite loss"
    let how = precision == ActivationPrecision.float32.rawValue ? "" : " in \(precision)"
    return "\(accuracies), \(loss) on \(images) images\(how); \(parameters) parameters, \(macs) MACs"
  }
}
