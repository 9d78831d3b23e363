import Compute

extension Network {
  /// All channels that can be removed from one layer alone, in the order in which data meets them.
  public var channelGroups: [ChannelGroup] {
    var groups: [ChannelGroup] = units.filter { $0.role == .prunable }.map { unit in
      ChannelGroup(
        name: unit.convolution.name, kind: .convolution, originalCount: unit.convolution.originalOutputs,
        kept: unit.convolution.keptOutputs)
    }
    for layer in classifier where layer.isPrunable {
      groups.append(
        ChannelGroup(
          name: layer.name, kind: .hiddenUnits, originalCount: layer.originalOutputs, kept: layer.keptOutputs)
      )
    }
    return groups
  }

  /// Channels left that can be removed, hidden units of a classifier not counted: the output channels of the convolutions
  /// inside residual blocks, or VGG's. Those of a residual stream count as its blocks' last convolutions have them.
  public var prunableChannels: Int {
    channelGroups.filter { $0.kind == .convolution }.map(\.kept.count).reduce(0, +)
  }

  /// Weights whose first axis is the channels of a group, by group: what norms of filters are taken of.
  public var filters: [String: Tensor] {
    var found: [String: Tensor] = [:]
    for unit in scoredUnits { found[unit.convolution.name] = unit.convolution.weight.value }
    for layer in classifier where layer.isPrunable { found[layer.name] = layer.weight.value }
    return found
  }

  /// Convolutions whose channels criteria score: the stem and projections, too, where streams are pruned.
  var scoredUnits: [ConvolutionUnit] { units.filter { $0.role != .fixed || prunesStreams } }

  /// Removes channels for good: weights, batch norm, momentum, and the inputs of whatever read them.
  ///
  /// The network then computes what it did with those channels' output set to zero.
  ///
  /// - Parameter channels: by group, streams or others, channels by their number in the original network. Ones that are
  ///   gone already or never were are ignored; a layer's last channel is never removed.
  public func remove(channels: [String: Set<Int>]) {
    release()
    removeFromStreams(channels)
    for group in channelGroups {
      guard let removed = channels[group.name] else { continue }
      var positions = group.kept.indices.filter { !removed.contains(group.kept[$0]) }
      if positions.isEmpty { positions = [0] }
      if positions.count < group.kept.count { keep(positions, of: group.name) }
    }
    context.pool.clear()
  }

  /// Keeps exactly these channels, by their number in the original network; groups that are not named stay whole.
  public func keep(channels: [String: [Int]]) {
    var removed: [String: Set<Int>] = [:]
    for group in channelGroups + streamGroups {
      if let kept = channels[group.name] { removed[group.name] = Set(group.kept).subtracting(kept) }
    }
    remove(channels: removed)
  }

  private func keep(_ positions: [Int], of group: String) {
    for unit in units where unit.outputGroup == group { unit.keepOutputs(positions) }
    for layer in classifier where layer.isPrunable && layer.name == group { layer.keepOutputs(positions) }
    keepInputs(positions, of: group)
  }

  func keepInputs(_ positions: [Int], of group: String) {
    for unit in units where unit.convolution.inputGroup == group { unit.convolution.keepInputs(positions) }
    for layer in classifier where layer.inputGroup == group { layer.keepInputs(positions) }
  }
}
