import Compute
import Network
import TensorFiles

/// Images and labels from a tensor file: `images` [N, C, H, W] float, `labels` [N] integers.
struct LabelledImages {
  /// `[channels, images, rows, columns]`.
  let images: Planes
  let labels: [Int]

  /// - Parameter needsLabels: whether labels are required; otherwise they are not read, and empty
  init(contentsOf path: String, for network: Network, needsLabels: Bool = true) throws(ToolError) {
    let file: TensorFile
    do { file = try TensorFile(contentsOf: path) } catch { throw .file("\(error)") }
    if let type = file.integerType("images") {
      throw .file(
        "\(path): tensor images has the integer type \(type); expected F32, F16, BF16 or F64, normalized")
    }
    guard let tensor = file.tensors["images"] else { throw .file("\(path): tensor images is missing") }
    if needsLabels, file.tensors["labels"] != nil {
      throw .file("\(path): tensor labels has a floating-point type; expected I64, I32 or U8")
    }
    guard let labels = needsLabels ? file.integers["labels"] : [] else {
      throw .file("\(path): integer tensor labels is missing")
    }
    let expected = [network.input.channels, network.input.rows, network.input.columns]
    guard tensor.shape.count == 4, Array(tensor.shape.dropFirst()) == expected, tensor.shape[0] > 0 else {
      throw .file("\(path): tensor images has shape \(tensor.shape), expected [N] + \(expected)")
    }
    guard labels.count == tensor.shape[0] || !needsLabels else {
      throw .file("\(path): \(labels.count) labels for \(tensor.shape[0]) images")
    }
    if let index = labels.firstIndex(where: { !(0..<network.classes).contains($0) }) {
      throw .file("\(path): label \(labels[index]) of image \(index) is not in 0..<\(network.classes)")
    }
    guard tensor.values.allSatisfy(\.isFinite) else {
      throw .file("\(path): tensor images has values that are not finite")
    }
    self.labels = labels
    images = Planes(
      network.graph.input.planes(images: tensor.shape[0]), dense: Self.channelMajor(tensor))
  }

  private static func channelMajor(_ images: Tensor) -> [Float] {
    let (count, channels) = (images.shape[0], images.shape[1])
    let pixels = images.shape[2] * images.shape[3]
    var values: [Float] = []
    values.reserveCapacity(images.count)
    for channel in 0..<channels {
      for image in 0..<count {
        let start = (image * channels + channel) * pixels
        values += images.values[start..<start + pixels]
      }
    }
    return values
  }
}
