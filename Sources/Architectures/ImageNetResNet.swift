import Compute
import Network
import Specification

/// Residual networks for photographs (He et al. 2015, arXiv 1512.03385, table 1), with the same
/// layers and names as torchvision's, so that its weights can be loaded.
///
/// A 7x7 stem of 64 channels with stride 2 and 3x3 max pooling with stride 2; four stages of 64,
/// 128, 256 and 512 channels, the later three starting with stride 2; global average pooling; one
/// linear layer. Bottleneck blocks expand to four times the channels and have their stride in the
/// 3x3 convolution. They are designed for 224x224 pixels, but accept any size.
struct ImageNetResNet: ArchitectureFamily {
  /// Blocks of each stage, by depth.
  private static let blocks = [18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3]]

  var entries: [Catalog.Architecture] {
    Self.blocks.keys.sorted().map { depth in
      Catalog.Architecture(
        name: "resnet\(depth)", block: depth < 50 ? .basic : .bottleneck, depth: depth, benchmark: .imagenet)
    }
  }

  func graph(_ spec: ArchitectureSpec, input: FeatureShape) throws(ArchitectureError) -> Graph {
    try fitting { () throws(GraphError) in try layers(spec, input: input) }
  }

  private func layers(_ spec: ArchitectureSpec, input: FeatureShape) throws(GraphError) -> Graph {
    var stages = ResidualStages(input: input)
    var value = try stages.stem(outputs: spec.scaled(64), kernel: 7, stride: 2)
    value = try stages.builder.add(
      MaxPooling(window: 3, stride: 2, padding: 1), [value], layer: "maxpool")
    for (index, blocks) in (Self.blocks[spec.depth] ?? []).enumerated() {
      value = try stages.stage(
        "layer\(index + 1)", of: value, channels: spec.scaled(64 << index), blocks: blocks,
        kind: spec.block, stride: index > 0 ? 2 : 1, shortcut: "downsample")
    }
    return try stages.classified(value, classes: spec.classes)
  }
}
