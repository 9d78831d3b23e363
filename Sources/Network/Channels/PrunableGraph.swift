/// A graph that can be pruned: the original graph, its channel groups, and the remaining channels.
///
/// It is a value without weights, so that the effect of a removal can be computed on a copy.
public struct PrunableGraph: Sendable {
  public let original: Graph
  /// The current graph.
  public private(set) var graph: Graph
  /// By value: the original indices of the remaining channels.
  private(set) var kept: [[Int]]
  /// Whether residual streams are pruned, too.
  public var prunesStreams = false

  let structure: ChannelStructure
  private var removed: Set<Int> = []
  /// Those that were removed before the training, with a pruned model to start from.
  private var missing: Set<Int> = []

  func isRemoved(_ name: Int) -> Bool { removed.contains(name) }

  public init(_ graph: Graph) {
    original = graph
    self.graph = graph
    kept = graph.shapes.map { Array(0..<$0.channels) }
    structure = ChannelStructure(graph)
  }

  // MARK: Groups

  /// The groups of all channels that can be removed independently of streams, in forward order.
  public var channelGroups: [ChannelGroup] {
    structure.groups.filter { $0.kind != .stream }.map(group)
  }

  /// The residual streams, in forward order: channels that many layers can only lose together.
  public var streamGroups: [ChannelGroup] {
    structure.groups.filter { $0.kind == .stream }.map(group)
  }

  private func group(_ group: ChannelStructure.Group) -> ChannelGroup {
    ChannelGroup(
      name: group.name, kind: group.kind, originalCount: group.classes.count,
      kept: group.classes.indices.filter { !removed.contains(group.classes[$0]) }, width: group.width,
      members: group.members)
  }

  /// By group, the number of channels that the model lacks from which a training starts.
  public var missingAtStart: [String: Int] {
    Dictionary(
      uniqueKeysWithValues: structure.groups.map { ($0.name, $0.classes.count(where: missing.contains)) })
  }

  /// Declares the current channels to be those from which a training starts.
  mutating func markStart() { missing = removed }

  /// Remaining prunable channels, without hidden units of a classifier; channels of a residual
  /// stream count as those of the last convolutions of its branches.
  public var prunableChannels: Int {
    channelGroups.filter { $0.kind == .convolution }.map(\.kept.count).reduce(0, +)
  }

  // MARK: Removal

  /// Removes channels.
  ///
  /// - Parameter channels: by group, indices of channels in the original network. Indices of
  ///   removed or unknown channels are ignored; the last channel of a layer is never removed.
  /// - Returns: by node, the remaining slices of its tensors.
  mutating func remove(channels: [String: Set<Int>]) -> [Int: [ParameterSlice]] {
    for isStream in [true, false] {
      let groups = structure.groups.filter { ($0.kind == .stream) == isStream }
      var wanted = Set(
        groups.flatMap { group in (channels[group.name] ?? []).compactMap { group.classes[safe: $0] } }
      ).subtracting(removed)
      spareLastChannels(&wanted)
      removed.formUnion(wanted.flatMap(structure.classes.removed(with:)))
    }
    return shrink()
  }

  /// Keeps exactly these channels, by their index in the original network; other groups keep all
  /// channels.
  mutating func keep(channels: [String: [Int]]) -> [Int: [ParameterSlice]] {
    var removed: [String: Set<Int>] = [:]
    for group in channelGroups + streamGroups {
      if let kept = channels[group.name] { removed[group.name] = Set(group.kept).subtracting(kept) }
    }
    return remove(channels: removed)
  }

  /// Excludes classes from removal until each layer keeps a channel.
  private func spareLastChannels(_ wanted: inout Set<Int>) {
    var lost = Set(wanted.flatMap(structure.classes.removed(with:)))
    // The narrowest first, so that one remaining channel may serve several.
    for maker in structure.makers.sorted(by: { kept[$0.value.index].count < kept[$1.value.index].count }) {
      let classes = structure.classes.classes(of: maker.value)
      let left = kept[maker.value.index].map { classes[classes.startIndex + $0] }.filter {
        !removed.contains($0)
      }
      guard let first = left.first, left.allSatisfy(lost.contains) else { continue }
      wanted = wanted.filter { !structure.classes.removed(with: $0).contains(first) }
      lost = Set(wanted.flatMap(structure.classes.removed(with:)))
    }
  }

  /// Shrinks the graph to the remaining channels.
  private mutating func shrink() -> [Int: [ParameterSlice]] {
    let positions = kept.indices.map { value in
      let classes = structure.classes.classes(of: Graph.Value(index: value))
      return kept[value].indices.filter { !removed.contains(classes[classes.startIndex + kept[value][$0]]) }
    }
    var nodes = graph.nodes
    var slices: [Int: [ParameterSlice]] = [:]
    for index in nodes.indices {
      let values = nodes[index].inputs.map(\.index) + [index + 1]
      guard values.contains(where: { positions[$0].count < kept[$0].count }) else { continue }
      let left = KeptPositions(
        inputs: nodes[index].inputs.map { positions[$0.index] }, output: positions[index + 1])
      let smaller = Self.keeping(nodes[index].operation, left, graph.inputShapes(index))
      nodes[index].operation = smaller.operation
      slices[index] = smaller.slices
    }
    for value in kept.indices { kept[value] = positions[value].map { kept[value][$0] } }
    do {
      graph = try Graph(input: graph.input, nodes: nodes)
    } catch {
      preconditionFailure("ties keep shapes fitting: \(error)")
    }
    return slices
  }

  private static func keeping(
    _ operation: some Operation, _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: any Operation, slices: [ParameterSlice]) {
    let (smaller, slices) = operation.keeping(kept, inputs)
    return (smaller, slices)
  }

  /// The graph without these channels.
  public func removing(_ channels: [String: Set<Int>]) -> PrunableGraph {
    var smaller = self
    _ = smaller.remove(channels: channels)
    return smaller
  }

  /// The graph as it was before any removal.
  public var whole: PrunableGraph {
    var whole = PrunableGraph(original)
    whole.prunesStreams = prunesStreams
    return whole
  }
}

extension Array {
  /// The element at an index, or nil if the index is out of range.
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
