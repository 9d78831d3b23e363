import Compute
import Foundation
import Testing

@testable import Training

@Suite("Cross entropy")
struct CrossEntropyTests {
  static let logits = Tensor(shape: [2, 3], values: [1, 2, -1, 0.5, 0.25, 3])

  @Test("equals the formula, with and without label smoothing", arguments: [0.0, 0.1])
  func formula(_ smoothing: Double) {
    var expected = 0.0
    for (image, label) in [1, 0].enumerated() {
      let row = Self.logits.values[image * 3..<image * 3 + 3].map(Double.init)
      let logSum = log(row.map(exp).reduce(0, +))
      for k in 0..<3 {
        expected -= (smoothing / 3 + (k == label ? 1 - smoothing : 0)) * (row[k] - logSum) / 2
      }
    }
    let found = CrossEntropy(labelSmoothing: smoothing)(Self.logits, labels: [1, 0]).loss
    #expect(abs(found - expected) < 1e-9)
  }

  @Test("the gradient is the slope of the loss", arguments: [0.0, 0.1])
  func gradient(_ smoothing: Double) {
    let loss = CrossEntropy(labelSmoothing: smoothing)
    let gradient = loss(Self.logits, labels: [1, 0]).gradient
    for index in 0..<6 {
      var (above, below) = (Self.logits, Self.logits)
      above.values[index] += 0x1p-7
      below.values[index] -= 0x1p-7
      let slope = (loss(above, labels: [1, 0]).loss - loss(below, labels: [1, 0]).loss) / 0x1p-6
      #expect(abs(slope - Double(gradient.values[index])) < 1e-4)
    }
  }

  @Test("huge logits give a finite loss, infinite ones do not")
  func extremes() {
    #expect(CrossEntropy()(Tensor(shape: [1, 2], values: [1e30, -1e30]), labels: [0]).loss == 0)
    #expect(!CrossEntropy()(Tensor(shape: [1, 2], values: [.nan, 0]), labels: [0]).loss.isFinite)
  }

  @Test("hits count the top class and the top five, ties to the lower class")
  func hits() {
    var hits = Hits()
    hits.count(
      Tensor(shape: [3, 6], values: [0, 1, 2, 3, 4, 5, 9, 9, 0, 0, 0, 0, 5, 4, 3, 2, 1, 0]),
      labels: [5, 1, 5])
    #expect(hits.top1 == 1)
    #expect(hits.top5 == 2)
    #expect(hits.images == 3)
  }
}
