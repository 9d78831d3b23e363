import Testing

@testable import Compute

@Suite("Random streams")
struct RandomStreamTests {
  @Test("numbers are pinned: results of earlier versions depend on them")
  func pinned() {
    var stream = RandomStream(seed: 0, purpose: .initialization)
    #expect(
      (0..<3).map { _ in stream.next() }
        == [17_528_902_556_789_648_309, 12_560_497_039_366_843_784, 4_463_315_716_562_518_358])
    var other = RandomStream(seed: 42, purpose: .augmentation, epoch: 3, index: 7)
    #expect(other.next() == 5_306_308_945_196_604_093)
    var shuffle = RandomStream(seed: 1, purpose: .shuffle)
    #expect(shuffle.permutation(8) == [1, 0, 2, 6, 3, 7, 5, 4])
  }

  @Test("streams differ by each part of their key")
  func keys() {
    var first: Set<UInt64> = []
    for seed in UInt64(0)..<3 {
      for epoch in 0..<3 {
        for index in 0..<3 {
          for purpose in [RandomStream.Purpose.initialization, .shuffle] {
            var stream = RandomStream(seed: seed, purpose: purpose, epoch: epoch, index: index)
            first.insert(stream.next())
          }
        }
      }
    }
    #expect(first.count == 54)
  }

  @Test("uniform numbers fill [0, 1) evenly")
  func uniform() {
    var stream = RandomStream(seed: 5, purpose: .test)
    let values = (0..<100_000).map { _ in Double(stream.uniform()) }
    let mean = values.reduce(0, +) / 100_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    // Four standard errors.
    #expect(abs(mean - 0.5) < 0.0037)
    #expect(abs(variance - 1.0 / 12) < 0.001)
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
  }

  @Test("numbers below a bound are evenly distributed; permutations hold every number once")
  func below() {
    var stream = RandomStream(seed: 6, purpose: .test)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.below(7)] += 1 }
    // Chi-squared with 6 degrees of freedom is over 22.5 once in a thousand times.
    let statistic = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
    #expect(statistic < 22.5)
    #expect(stream.permutation(100).sorted() == Array(0..<100))
    #expect(stream.permutation(0) == [])
  }
}
