/// Sum of vectors in a fixed order, whichever process adds them.
///
/// The vectors are the leaves of a binary tree, numbered from 0: node `i` of level `l` adds nodes
/// `2i` and `2i + 1` of the level below. At the right edge, a node without a right child equals its
/// left child. Floating-point sums depend on their order, and that of the tree depends only on the
/// number of leaves. So different processes can sum different ranges of leaves, and another can add
/// their sums.
public struct TreeSum: Sendable {
  /// A part of the tree; it stands for 2^level leaves.
  public struct Node: Equatable, Sendable {
    public var level: Int
    public var index: Int
  }

  /// Partial sums that could not be added yet, in ascending order of leaves.
  public private(set) var parts: [(node: Node, values: [Float])] = []

  public init() {}

  /// Adds a leaf; leaves must come in ascending order.
  public mutating func add(_ values: [Float], leaf: Int) {
    add(values, Node(level: 0, index: leaf))
  }

  /// Adds a partial sum from elsewhere; these must come in ascending order of their leaves.
  public mutating func add(_ values: [Float], _ node: Node) {
    var (node, values) = (node, values)
    while let last = parts.last, last.node.level == node.level, last.node.index + 1 == node.index,
      node.index % 2 == 1
    {
      parts.removeLast()
      values = Self.sum(last.values, values)
      node = Node(level: node.level + 1, index: node.index / 2)
    }
    parts.append((node, values))
  }

  /// The sum of all leaves, all of which must have been added; empty if there are none.
  public consuming func total() -> [Float] {
    guard var sum = parts.popLast()?.values else { return [] }
    while let part = parts.popLast() { sum = Self.sum(part.values, sum) }
    return sum
  }

  /// The nodes that a range of leaves reduces to.
  public static func nodes(of leaves: Range<Int>) -> [Node] {
    var sum = TreeSum()
    for leaf in leaves { sum.add([], leaf: leaf) }
    return sum.parts.map(\.node)
  }

  private static func sum(_ left: [Float], _ right: [Float]) -> [Float] {
    var sum = left
    for index in sum.indices { sum[index] += right[index] }
    return sum
  }
}
