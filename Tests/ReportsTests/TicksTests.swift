import Foundation
import Testing

@testable import Reports

@Suite("Ticks")
struct TicksTests {
  /// Ranges of all sizes and signs, always the same ones.
  static let ranges: [ClosedRange<Double>] = {
    var state: UInt64 = 7
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 9_007_199_254_740_992
    }
    let drawn = (0..<2000).map { _ in
      let low = (next() - 0.5) * pow(10, next() * 24 - 12)
      return low...(low + next() * pow(10, next() * 24 - 12))
    }
    return drawn + [
      0...0, 5...5, -1e300...1e300, 1e-300...1e-299, 1e16...(1e16 + 2), 0...Double.greatestFiniteMagnitude,
    ]
  }()

  @Test("cover the range, ascend, and are as many as asked for at most")
  func cover() throws {
    for range in Self.ranges {
      for count in [3, 5, 9] {
        let values = Ticks(covering: range, atMost: count).values
        #expect(values.count >= 2 && values.count <= count, "\(range)")
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 }, "\(range)")
        let (first, last) = (try #require(values.first), try #require(values.last))
        let slack = (last - first) * 1e-6
        #expect(first <= max(range.lowerBound, -1e100) + slack, "\(range)")
        #expect(last >= min(range.upperBound, 1e100) - slack, "\(range)")
      }
    }
  }

  @Test("are multiples of 1, 2 or 5 times a power of ten")
  func round() {
    for range in Self.ranges where range.upperBound - range.lowerBound > 1e-12 && range.upperBound < 1e15 {
      let values = Ticks(covering: range, atMost: 6).values
      let step = values[1] - values[0]
      let mantissa = step / pow(10, log10(step * 1.001).rounded(.down))
      #expect([1.0, 2, 5].contains { abs($0 - mantissa) < 1e-3 }, "\(range): steps of \(step)")
      // Farther out, the step is not known well enough from the difference of two ticks.
      for value in values where abs(value) < 1e6 * step {
        #expect(abs((value / step).rounded() - value / step) < 1e-3, "\(range): \(value)")
      }
    }
  }

  @Test("no coarser step than needed")
  func fine() {
    #expect(Ticks(covering: 0...10, atMost: 6).values == [0, 2, 4, 6, 8, 10])
    #expect(Ticks(covering: 0.31...0.58, atMost: 7).values == [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6])
    #expect(Ticks(covering: -3...4, atMost: 5).values == [-4, -2, 0, 2, 4])
  }

  @Test("labels have the decimals of the step, and no more")
  func labels() {
    func labels(_ range: ClosedRange<Double>, wholeNumbers: Bool = false) -> [String] {
      let ticks = Ticks(covering: range, atMost: 5, wholeNumbers: wholeNumbers)
      return ticks.values.map { ticks.label($0) }
    }
    #expect(labels(-0.2...0.2) == ["−0.2", "−0.1", "0.0", "0.1", "0.2"])
    #expect(labels(0...40) == ["0", "10", "20", "30", "40"])
    #expect(labels(0...1, wholeNumbers: true) == ["0", "1"])
    #expect(labels(0...2e8) == ["0.0e+00", "5.0e+07", "1.0e+08", "1.5e+08", "2.0e+08"])
    #expect(labels(0...4e-7) == ["0e+00", "1e−07", "2e−07", "3e−07", "4e−07"])
  }

  @Test("different ticks have different labels")
  func distinct() {
    for range in Self.ranges where range.upperBound - range.lowerBound > 1e-8 * abs(range.upperBound) {
      let ticks = Ticks(covering: range, atMost: 6)
      let labels = ticks.values.map { ticks.label($0) }
      #expect(Set(labels).count == labels.count, "\(range): \(labels)")
    }
  }

  @Test("a scale of epochs ends at the last one, with ticks at whole numbers")
  func epochs() {
    for last in [1, 2, 3, 7, 10, 201, 999] {
      let scale = Scale(counting: last, atMost: 9)
      #expect(scale.domain == 0...Double(max(last, 2)))
      #expect(scale.ticks.allSatisfy { $0.value == $0.value.rounded() && scale.domain.contains($0.value) })
      #expect(scale.ticks.count >= 2)
    }
  }
}
