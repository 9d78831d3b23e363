/// The channel groups of a graph, derived from the ties of its operations.
struct ChannelStructure: Sendable {
  /// A group, with the class of tied channels for each of its channel indices.
  struct Group: Sendable {
    let name: String
    let kind: ChannelGroup.Kind
    let classes: [Int]
    /// Channels of the first layer in a class; the fewest if classes differ.
    let width: Int
    let members: [String]
  }

  /// A layer that computes new channels: a convolution or a linear layer.
  struct Maker: Sendable {
    let layer: String
    let node: Int
    let value: Graph.Value
    let pruning: Graph.Pruning
  }

  let classes: ChannelClasses
  /// Classes of the logits, and of the branches of sums that give them.
  let logits: Set<Int>
  /// In forward order, including the layer of the logits.
  let makers: [Maker]
  /// In forward order, including streams.
  let groups: [Group]
  /// By class: the index of its group, and its channel index in the group.
  let positions: [Int: (group: Int, channel: Int)]
  /// By class of a branch: the classes of sums with which it is removed, sums of sums among them.
  let leaders: [Int: [Int]]

  init(_ graph: Graph) {
    var ties = ChannelTies(graph)
    var classes = ties.classes()
    logits = Set(classes.classes(of: graph.output).flatMap(classes.removed(with:)))
    // A linear layer that is added to the logits is not hidden, unlike a block that ends in them.
    let units = graph.nodes.indices.filter { graph.nodes[$0].operation is Linear }
      .flatMap { classes.classes(of: graph.output(of: $0)) }
    classes.pinned.formUnion(logits.intersection(units))
    self.classes = classes
    makers = graph.nodes.indices.filter { graph.nodes[$0].operation.makesChannels }.map { node in
      Maker(
        layer: graph.nodes[node].layer, node: node, value: graph.output(of: node),
        pruning: graph.nodes[node].pruning)
    }
    var sums: Set<Int> = []
    for node in graph.nodes.indices where graph.nodes[node].operation is Add {
      sums.formUnion(classes.classes(of: graph.output(of: node)))
    }
    var leaders: [Int: [Int]] = [:]
    for sum in classes.follows.keys.sorted() {
      for branch in classes.removed(with: sum) where branch != sum {
        leaders[branch, default: []].append(sum)
      }
    }
    self.leaders = leaders
    (groups, positions) = Self.groups(makers, classes, leaders, sums: sums, graph)
  }

  private static func groups(
    _ makers: [Maker], _ classes: ChannelClasses, _ leaders: [Int: [Int]], sums: Set<Int>, _ graph: Graph
  ) -> (groups: [Group], positions: [Int: (group: Int, channel: Int)]) {
    var kept = classes.pinned
    // A layer without channels of its own keeps those of the layers that it passes on.
    var isKept = graph.nodes.map { $0.pruning == .kept }
    for node in graph.nodes.indices.reversed() where isKept[node] {
      kept.formUnion(classes.classes(of: graph.output(of: node)))
      guard !graph.nodes[node].operation.makesChannels else { continue }
      for input in graph.nodes[node].inputs.compactMap(graph.producer(of:)) { isKept[input] = true }
    }
    // A sum keeps what its branches cannot lose.
    kept.formUnion(kept.flatMap { leaders[$0] ?? [] })
    var found: [(maker: Maker, classes: [Int])] = []
    var positions: [Int: (group: Int, channel: Int)] = [:]
    for maker in makers {
      var own: [Int] = []
      for name in classes.classes(of: maker.value) where !kept.contains(name) && positions[name] == nil {
        positions[name] = (found.count, own.count)
        own.append(name)
      }
      if !own.isEmpty { found.append((maker, own)) }
    }
    var members = [[String]](repeating: [], count: found.count)
    var isHidden = [Bool](repeating: true, count: found.count)
    for maker in makers {
      let own = classes.classes(of: maker.value)
      let groups = Set((own + own.flatMap { leaders[$0] ?? [] }).compactMap { positions[$0]?.group })
      for group in groups {
        members[group].append(maker.layer)
        if !(graph.nodes[maker.node].operation is Linear) { isHidden[group] = false }
      }
    }
    let groups = found.enumerated().map { index, group in
      var (name, kind) = (group.maker.layer, ChannelGroup.Kind.convolution)
      if case .stream(let stream) = group.maker.pruning {
        (name, kind) = (stream, .stream)
      } else if group.classes.contains(where: sums.contains) {
        kind = .stream
      } else if isHidden[index] {
        kind = .hiddenUnits
      }
      return Group(
        name: name, kind: kind, classes: group.classes,
        width: width(of: group.classes, in: classes.classes(of: group.maker.value)), members: members[index])
    }
    return (groups, positions)
  }

  /// The fewest channels of a layer that are in one of these classes.
  private static func width(of names: [Int], in channels: ArraySlice<Int>) -> Int {
    let counts = Dictionary(channels.map { ($0, 1) }, uniquingKeysWith: +)
    return names.compactMap { counts[$0] }.min() ?? 1
  }
}

extension Operation {
  /// Whether the outputs are filters or units of the operation.
  var makesChannels: Bool { self is Convolution || self is Linear }
}
