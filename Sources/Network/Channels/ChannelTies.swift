/// Channels of a graph that can only be removed together.
///
/// A union-find (Tarjan 1975) over the single channels of all values, so that offsets in a
/// concatenation, groups of a convolution or pixels of a flattened map need no index maps: each
/// operation declares which input channels correspond to which output channels.
public struct ChannelTies: Sendable {
  /// Index of the first channel of each value among all channels.
  private let offsets: [Int]
  /// The parent of each channel; a root is its own parent.
  private var parents: [Int]
  private var pinned: Set<Int> = []
  private var followers: [(branch: Int, sum: Int)] = []

  /// The ties of every operation of a graph.
  init(_ graph: Graph) {
    var offsets: [Int] = []
    var total = 0
    for shape in graph.shapes {
      offsets.append(total)
      total += shape.channels
    }
    self.offsets = offsets
    parents = Array(0..<total)
    pin(.image, graph.input.channels)
    pin(graph.output, graph.classes)
    for (index, node) in graph.nodes.enumerated() {
      node.operation.tieChannels(
        NodeChannels(inputs: node.inputs, output: graph.output(of: index), shapes: graph.shapes), into: &self)
    }
  }

  /// Ties two channels: they are removed together.
  public mutating func same(_ a: Graph.Value, _ i: Int, _ b: Graph.Value, _ j: Int) {
    let (first, second) = (root(offsets[a.index] + i), root(offsets[b.index] + j))
    // The lower one stays the root, which preserves forward order.
    if first != second { parents[max(first, second)] = min(first, second) }
  }

  /// Ties a channel of a branch to that of the sum: it is removed with it, but may be removed
  /// earlier, and then adds nothing.
  public mutating func follows(_ branch: Graph.Value, _ i: Int, _ sum: Graph.Value, _ j: Int) {
    followers.append((offsets[branch.index] + i, offsets[sum.index] + j))
  }

  /// Protects the channels of a value from removal.
  private mutating func pin(_ value: Graph.Value, _ channels: Int) {
    for channel in 0..<channels { pinned.insert(offsets[value.index] + channel) }
  }

  private mutating func root(_ channel: Int) -> Int {
    var channel = channel
    while parents[channel] != channel {
      parents[channel] = parents[parents[channel]]
      channel = parents[channel]
    }
    return channel
  }

  /// The classes of channels that are removed together.
  mutating func classes() -> ChannelClasses {
    let roots = parents.indices.map { root($0) }
    var pinnedRoots: Set<Int> = []
    for channel in pinned { pinnedRoots.insert(roots[channel]) }
    var follows: [Int: [Int]] = [:]
    for (branch, sum) in followers where roots[branch] != roots[sum] {
      follows[roots[sum], default: []].append(roots[branch])
    }
    return ChannelClasses(offsets: offsets, roots: roots, pinned: pinnedRoots, follows: follows)
  }
}

/// Values of a node and their channels, for ``Operation/tieChannels(_:into:)``.
public struct NodeChannels: Sendable {
  public let inputs: [Graph.Value]
  public let output: Graph.Value
  private let shapes: [FeatureShape]

  init(inputs: [Graph.Value], output: Graph.Value, shapes: [FeatureShape]) {
    self.inputs = inputs
    self.output = output
    self.shapes = shapes
  }

  public func shape(_ value: Graph.Value) -> FeatureShape { shapes[value.index] }
}

extension ChannelTies {
  /// Ties an input to the output, channel by channel.
  public mutating func same(_ a: Graph.Value, _ b: Graph.Value, channels: Int) {
    for channel in 0..<channels { same(a, channel, b, channel) }
  }
}

/// Classes of channels that are removed together, named by one of their channels.
struct ChannelClasses: Sendable {
  private let offsets: [Int]
  private let roots: [Int]
  /// Classes that are never removed.
  var pinned: Set<Int>
  /// By class, the classes that are removed with it, but may be removed earlier.
  let follows: [Int: [Int]]

  fileprivate init(offsets: [Int], roots: [Int], pinned: Set<Int>, follows: [Int: [Int]]) {
    self.offsets = offsets
    self.roots = roots
    self.pinned = pinned
    self.follows = follows
  }

  /// The class of each channel of a value.
  func classes(of value: Graph.Value) -> ArraySlice<Int> {
    let end = value.index + 1 < offsets.count ? offsets[value.index + 1] : roots.count
    return roots[offsets[value.index]..<end]
  }

  /// A class and all classes that are removed with it.
  func removed(with name: Int) -> [Int] {
    guard follows[name] != nil else { return [name] }
    var found: Set<Int> = [name]
    var waiting = [name]
    while let next = waiting.popLast() {
      for follower in follows[next] ?? [] where found.insert(follower).inserted { waiting.append(follower) }
    }
    return found.sorted()
  }
}
