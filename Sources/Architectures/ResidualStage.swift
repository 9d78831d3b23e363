import Network
import Specification

extension NetworkBuilder {
  /// Residual blocks `NAME.0`, `NAME.1`, ... of the same width, of which the first has the stride.
  ///
  /// Basic blocks: two 3x3 convolutions, the stride in the first. Bottleneck blocks: 1x1, 3x3 and 1x1 convolutions, the
  /// last to four times the channels; the stride in the 3x3.
  mutating func residualStage(
    _ name: String, channels: Int, blocks: Int, of kind: ArchitectureSpec.BlockKind, stride: Int,
    shortcut: String
  ) {
    for block in 0..<blocks {
      let blockStride = block == 0 ? stride : 1
      if kind == .bottleneck {
        residualBlock(
          "\(name).\(block)", channels: kind.channels(channels), kernels: [1, 3, 1],
          stride: blockStride, strideAt: 1, shortcut: shortcut)
      } else {
        residualBlock(
          "\(name).\(block)", channels: kind.channels(channels), kernels: [3, 3], stride: blockStride,
          shortcut: shortcut)
      }
    }
  }
}

extension ArchitectureSpec.BlockKind {
  /// Channels of a residual block's convolutions.
  fileprivate func channels(_ width: Int) -> [Int] {
    self == .bottleneck ? [width, width, 4 * width] : [width, width]
  }
}

extension ArchitectureSpec {
  /// Channels of every convolution in the blocks of such stages.
  func channelsOfStages(_ stages: [(width: Int, blocks: Int)]) -> [Int] {
    stages.flatMap { stage in
      (0..<stage.blocks).flatMap { _ in block.channels(scaled(stage.width)) }
    }
  }
}
