import Compute
import Network
import Specification
import TensorFiles
import Testing

@testable import Experiments

/// Writes a model of an experiment with a residual network, whose classifier has one weight
/// everywhere: with 0, every image has the biases as its logits.
func writeModel(
  of spec: ExperimentSpec, weight: Float = 0, biases: [Float], metadata: [String: String] = [:],
  to path: String, engine: Engine
) throws {
  var file = try spec.network(engine: engine).tensorFile(metadata: metadata)
  let shape = try #require(file.tensors["fc.weight"]).shape
  file.tensors["fc.weight"] = Tensor(shape: shape, repeating: weight)
  file.tensors["fc.bias"] = Tensor(shape: [biases.count], values: biases)
  try file.write(to: path)
}
