import Compute
import Network
import Specification

/// VGG with batch norm (Simonyan and Zisserman 2014, arXiv 1409.1556, table 1) as in the program of arXiv 2002.09958.
///
/// 3x3 convolutions with bias, batch norm, ReLU; 2x2 max pooling; one hidden layer of 512 units with dropout 0.5.
/// The first two convolutions are scored but never pruned; the hidden units are.
struct VGG: ArchitectureFamily {
  /// Convolutions at the beginning that are scored alone.
  private static let fixedConvolutions = 2

  /// Output channels of each convolution; nil is a max pooling.
  private static let configurations: [Int: [Int?]] = [
    11: [64, nil, 128, nil, 256, 256, nil, 512, 512, nil, 512, 512, nil],
    13: [64, 64, nil, 128, 128, nil, 256, 256, nil, 512, 512, nil, 512, 512, nil],
    16: [64, 64, nil, 128, 128, nil, 256, 256, 256, nil, 512, 512, 512, nil, 512, 512, 512, nil],
    19: [
      64, 64, nil, 128, 128, nil, 256, 256, 256, 256, nil, 512, 512, 512, 512, nil, 512, 512, 512, 512, nil,
    ],
  ]

  var entries: [Catalog.Architecture] {
    Self.configurations.keys.sorted().map {
      Catalog.Architecture(name: "vgg\($0)", block: .plain, depth: $0, halvings: 5) { spec in
        (Self.configurations[spec.depth] ?? []).compactMap(\.self).dropFirst(Self.fixedConvolutions)
          .map(spec.scaled)
      }
    }
  }

  func build(_ spec: ArchitectureSpec, input: PlaneShape, engine: Engine) -> Network {
    var builder = NetworkBuilder(input: input)
    // Names count convolution, batch norm, ReLU and pooling, as in torchvision's `features`.
    var index = 0
    var convolutions = 0
    for outputs in Self.configurations[spec.depth] ?? [] {
      guard let outputs else {
        builder.maxPooling(window: 2, stride: 2)
        index += 1
        continue
      }
      builder.convolution(
        "features.\(index)", normalization: "features.\(index + 1)", outputs: spec.scaled(outputs),
        hasBias: true, pruning: convolutions < Self.fixedConvolutions ? .scored : .prunable)
      index += 3
      convolutions += 1
    }
    return builder.hiddenLayer(
      "classifier.0", units: spec.scaled(512), dropout: 0.5, classifier: "classifier.3",
      classes: spec.classes,
      engine: engine)
  }
}
