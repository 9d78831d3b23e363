import Compute

/// A layer whose channels criteria score: a convolution or a hidden linear layer.
struct ScoredLayer {
  let name: String
  /// The convolution's or linear layer's node.
  let node: Int
  /// The node of its batch norm, if it has one.
  let normalization: Int?
  /// The value of its activation: after batch norm, the sum that it feeds, and the activation
  /// function.
  let activation: Graph.Value
  /// Which channels of that value are the layer's; nil if they are the same.
  let channels: [Int]?
  /// The sum that it feeds directly, if any.
  let sum: Graph.Value?
  let hasActivation: Bool
  let isLinear: Bool
}

extension PrunableGraph {
  /// Layers whose channels criteria score, including those that start residual streams if streams
  /// are pruned.
  var scoredLayers: [ScoredLayer] {
    structure.makers.filter { isScored($0) || (isStream($0) && prunesStreams) }.map(scoredLayer)
  }

  /// Layers for which relevance is computed: a stream is scored by its branches, without the layers
  /// that start it.
  var relevanceLayers: [ScoredLayer] { structure.makers.filter(isScored).map(scoredLayer) }

  private func isStream(_ maker: ChannelStructure.Maker) -> Bool {
    if case .stream = maker.pruning { return true }
    return structure.classes.classes(of: maker.value).contains { name in
      structure.positions[name].map { structure.groups[$0.group].kind == .stream } ?? false
    }
  }

  private func isScored(_ maker: ChannelStructure.Maker) -> Bool {
    !isStream(maker)
      && !structure.classes.classes(of: maker.value).allSatisfy(structure.classes.pinned.contains)
  }

  private func scoredLayer(_ maker: ChannelStructure.Maker) -> ScoredLayer {
    var value = maker.value
    var normalization: Int?
    var channels: [Int]?
    var sum: Graph.Value?
    var hasActivation = false
    if let next = graph.onlyReader(of: value), graph.nodes[next].operation is BatchNormalization {
      normalization = next
      value = graph.output(of: next)
    }
    if let next = graph.onlyReader(of: value), let add = graph.operation(next, as: Add.self),
      let operand = graph.nodes[next].inputs.firstIndex(of: value), operand != add.shortcut
    {
      channels = add.channels[operand]
      value = graph.output(of: next)
      sum = value
    }
    if let next = graph.onlyReader(of: value), graph.nodes[next].operation is Activation {
      hasActivation = true
      value = graph.output(of: next)
    }
    return ScoredLayer(
      name: maker.layer, node: maker.node, normalization: normalization, activation: value,
      channels: channels, sum: sum, hasActivation: hasActivation,
      isLinear: graph.nodes[maker.node].operation is Linear)
  }
}
