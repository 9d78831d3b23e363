import Compute
import Network
import Specification

/// VGG with batch norm (Simonyan and Zisserman 2014, arXiv 1409.1556, table 1) as in the program of
/// arXiv 2002.09958.
///
/// 3x3 convolutions with bias, batch norm, ReLU; 2x2 max pooling; one hidden layer of 512 units
/// with dropout 0.5. The first two convolutions are scored but not pruned; the hidden units are
/// pruned.
struct VGG: ArchitectureFamily {
  /// Number of convolutions at the beginning that are scored but not pruned.
  private static let fixedConvolutions = 2

  /// Output channels of each convolution; nil stands for max pooling.
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
      Catalog.Architecture(name: "vgg\($0)", block: .plain, depth: $0)
    }
  }

  func graph(_ spec: ArchitectureSpec, input: FeatureShape) throws(ArchitectureError) -> Graph {
    try fitting { () throws(GraphError) in try layers(spec, input: input) }
  }

  private func layers(_ spec: ArchitectureSpec, input: FeatureShape) throws(GraphError) -> Graph {
    var builder = GraphBuilder(input: input)
    var value = Graph.Value.image
    // Names count convolution, batch norm, ReLU and pooling, as in torchvision's `features`.
    var index = 0
    var convolutions = 0
    for outputs in Self.configurations[spec.depth] ?? [] {
      guard let outputs else {
        value = try builder.add(MaxPooling(window: 2), [value], layer: "features.\(index)")
        index += 1
        continue
      }
      value = try builder.convolution(
        Convolution(outputs: spec.scaled(outputs), kernel: 3, hasBias: true), of: value,
        layer: "features.\(index)", norm: "features.\(index + 1)",
        pruning: convolutions < Self.fixedConvolutions ? .kept : .prunable)
      index += 3
      convolutions += 1
    }
    value = try builder.add(Linear(outputs: spec.scaled(512)), [value], layer: "classifier.0")
    value = try builder.add(Activation(.relu), [value], layer: "classifier.1")
    value = try builder.add(Dropout(0.5), [value], layer: "classifier.2")
    _ = try builder.add(Linear(outputs: spec.classes), [value], layer: "classifier.3")
    return try builder.graph()
  }
}
