import Compute
import Testing

@testable import MessagePassing

@Suite("Sums in a fixed tree")
struct TreeSumTests {
  /// Values whose sum depends on its order.
  private func leaves(_ count: Int) -> [[Float]] {
    var random = RandomStream(seed: UInt64(count), purpose: .test)
    return (0..<count).map { _ in
      (0..<5).map { _ in
        (random.uniform() - 0.5) * Float(sign: .plus, exponent: random.below(40), significand: 1)
      }
    }
  }

  /// The tree as its definition says.
  private func reference(_ leaves: [[Float]]) -> [Float] {
    var level = leaves
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { index in
        index + 1 < level.count ? zip(level[index], level[index + 1]).map(+) : level[index]
      }
    }
    return level.first ?? []
  }

  @Test("is the tree's, for any number of leaves")
  func definition() {
    for count in 0...33 {
      let leaves = leaves(count)
      var sum = TreeSum()
      for (index, leaf) in leaves.enumerated() { sum.add(leaf, leaf: index) }
      #expect(sum.total() == reference(leaves), "\(count)")
    }
  }

  @Test("is the same bits when neighbours are added elsewhere, however they are cut")
  func parts() {
    for count in 1...24 {
      let leaves = leaves(count)
      for processes in 1...(count + 2) {
        var all = TreeSum()
        for process in 0..<processes {
          let range = count * process / processes..<count * (process + 1) / processes
          var part = TreeSum()
          for leaf in range { part.add(leaves[leaf], leaf: leaf) }
          #expect(part.parts.map(\.node) == TreeSum.nodes(of: range))
          for part in part.parts { all.add(part.values, part.node) }
        }
        #expect(all.total() == reference(leaves), "\(count) leaves, \(processes) processes")
      }
    }
  }

  @Test("a whole part of the tree travels as one vector")
  func wholeParts() {
    #expect(TreeSum.nodes(of: 8..<16).count == 1)
    #expect(TreeSum.nodes(of: 3..<6).count == 2)
    #expect(TreeSum.nodes(of: 5..<5).isEmpty)
  }
}
