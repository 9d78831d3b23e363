import Compute
import Network
import SwiftProtobuf

/// Random images and a network's logits for them, in the layout of ONNX's test data:
/// `test_data_set_0` with one tensor each in `input_0.pb` and `output_0.pb`.
public struct ONNXTestData {
  /// `images` `[images, channels, rows, columns]`.
  public let input: [UInt8]
  /// `logits` `[images, classes]`.
  public let output: [UInt8]

  /// - Parameter images: number of images; pixels are uniform in [-2, 2), the usual range of
  ///   normalized pixels
  public init(_ network: Network, images count: Int) throws(ONNXError) {
    var stream = RandomStream(seed: 0, purpose: .test)
    let shape = network.graph.input.planes(images: count)
    let values = (0..<shape.channels * shape.pixelsPerChannel).map { _ in 4 * stream.uniform() - 2 }
    let planes = Planes(shape, dense: values)
    let images = Tensor(
      shape: [count, shape.channels, shape.rows, shape.columns],
      values: network.engine.flatten(planes).values)
    do {
      input = try Onnx_TensorProto(images, name: "images").serializedBytes()
      output = try Onnx_TensorProto(network.evaluate(planes), name: "logits").serializedBytes()
    } catch {
      throw ONNXError(problem: "the test data cannot be written: \(error)")
    }
  }
}
