import Compute
import Network
import Specification

/// Residual networks for small images (He et al. 2015, arXiv 1512.03385, section 4.2).
///
/// A 3x3 stem of 16 channels; three stages of 16, 32 and 64 channels, each of n blocks, the later
/// two starting with stride 2; global average pooling; one linear layer. Basic blocks (two 3x3
/// convolutions): depth 6n+2. Bottleneck blocks (1x1, 3x3, 1x1 to four times the channels; the
/// stride in the 3x3): depth 9n+2. Shortcuts are 1x1 projections where shape or width change, as in
/// the program of arXiv 2002.09958.
struct CIFARResNet: ArchitectureFamily {
  private static let widths = [16, 32, 64]

  var entries: [Catalog.Architecture] {
    let basic = [20, 32, 44, 56, 110].map { (depth: Int) in
      entry("resnet\(depth)", .basic, depth: depth)
    }
    return basic + [
      entry("resnet164", .bottleneck, depth: 164),
      entry("resnet", .basic, depth: nil),
    ]
  }

  private func entry(
    _ name: String, _ block: ArchitectureSpec.BlockKind, depth: Int?
  ) -> Catalog.Architecture {
    Catalog.Architecture(name: name, block: block, depth: depth)
  }

  /// Number of blocks in each stage.
  private static func blocks(_ spec: ArchitectureSpec) -> Int {
    (spec.depth - 2) / period(spec)
  }

  private static func period(_ spec: ArchitectureSpec) -> Int { spec.block == .bottleneck ? 9 : 6 }

  func graph(_ spec: ArchitectureSpec, input: FeatureShape) throws(ArchitectureError) -> Graph {
    let period = Self.period(spec)
    guard spec.depth >= period + 2, spec.depth % period == 2 else {
      let lower = (spec.depth - 2) / period * period + 2
      let valid = [lower, lower + period].filter { $0 >= period + 2 }.map(String.init)
      throw .value(
        key: "depth",
        message:
          "the depth of a ResNet of \(spec.block.rawValue) blocks is \(period)n + 2, found \(spec.depth);"
          + " nearest: \(valid.joined(separator: " and "))")
    }
    return try fitting { () throws(GraphError) in try layers(spec, input: input) }
  }

  private func layers(_ spec: ArchitectureSpec, input: FeatureShape) throws(GraphError) -> Graph {
    var stages = ResidualStages(input: input)
    var value = try stages.stem(outputs: spec.scaled(16), kernel: 3)
    for (stage, width) in Self.widths.enumerated() {
      value = try stages.stage(
        "layer\(stage + 1)", of: value, channels: spec.scaled(width), blocks: Self.blocks(spec),
        kind: spec.block, stride: stage > 0 ? 2 : 1, shortcut: "shortcut")
    }
    return try stages.classified(value, classes: spec.classes)
  }
}
