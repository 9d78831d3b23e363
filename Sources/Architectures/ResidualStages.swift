import Compute
import Network
import Specification

/// Residual blocks and their residual streams (He et al. 2015, arXiv 1512.03385).
///
/// The stem and every projection start a stream, `stream.0`, `stream.1`, ..., which the method of
/// arXiv 2002.09958 does not prune.
struct ResidualStages {
  var builder: GraphBuilder
  private var streams = 0

  init(input: FeatureShape) {
    builder = GraphBuilder(input: input)
  }

  private mutating func startStream() -> Graph.Pruning {
    defer { streams += 1 }
    return .stream("stream.\(streams)")
  }

  /// Convolution `conv1`, batch norm `bn1`, ReLU.
  mutating func stem(outputs: Int, kernel: Int, stride: Int = 1) throws(GraphError) -> Graph.Value {
    try builder.convolution(
      Convolution(outputs: outputs, kernel: kernel, stride: stride), of: .image, layer: "conv1", norm: "bn1",
      pruning: startStream())
  }

  /// Blocks `NAME.0`, `NAME.1`, ... of the same width; the first has the stride.
  ///
  /// Basic blocks: two 3x3 convolutions, the stride in the first. Bottleneck blocks: 1x1, 3x3 and
  /// 1x1 convolutions, the last to four times the channels; the stride in the 3x3. The shortcut is
  /// a 1x1 projection where shape or width change.
  ///
  /// - Parameter shortcut: name of the projection: `downsample` in torchvision
  mutating func stage(
    _ name: String, of input: Graph.Value, channels: Int, blocks: Int,
    kind: ArchitectureSpec.BlockKind, stride: Int, shortcut: String
  ) throws(GraphError) -> Graph.Value {
    var value = input
    for index in 0..<blocks {
      value = try block(
        "\(name).\(index)", of: value, channels: channels, kind: kind, stride: index == 0 ? stride : 1,
        shortcut: shortcut)
    }
    return value
  }

  private mutating func block(
    _ name: String, of input: Graph.Value, channels: Int, kind: ArchitectureSpec.BlockKind, stride: Int,
    shortcut: String
  ) throws(GraphError) -> Graph.Value {
    let widths = kind == .bottleneck ? [channels, channels, 4 * channels] : [channels, channels]
    var branch = input
    for (index, width) in widths.enumerated() {
      let isLast = index == widths.count - 1
      branch = try builder.convolution(
        Convolution(
          outputs: width, kernel: kind == .bottleneck && index != 1 ? 1 : 3,
          stride: index == (kind == .bottleneck ? 1 : 0) ? stride : 1),
        of: branch, layer: "\(name).conv\(index + 1)", norm: "\(name).bn\(index + 1)",
        activation: isLast ? nil : .relu)
    }
    var bypass = input
    if stride > 1 || builder.shape(input).channels != widths.last {
      bypass = try builder.convolution(
        Convolution(outputs: builder.shape(branch).channels, kernel: 1, stride: stride), of: input,
        layer: "\(name).\(shortcut).0", norm: "\(name).\(shortcut).1", activation: nil, pruning: startStream()
      )
    }
    let sum = try builder.add(Add(operands: 2, shortcut: 1), [branch, bypass], layer: name)
    return try builder.add(Activation(.relu), [sum], layer: name)
  }

  /// Global average pooling and one linear layer, `fc`.
  consuming func classified(_ value: Graph.Value, classes: Int) throws(GraphError) -> Graph {
    let mean = try builder.add(GlobalAveragePooling(), [value], layer: "pool")
    _ = try builder.add(Linear(outputs: classes), [mean], layer: "fc")
    return try builder.graph()
  }
}
