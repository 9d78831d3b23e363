import Compute
import Testing

@testable import Pruning

@Suite("What a criterion measures of a batch")
struct ScoringDataTests {
  @Test("is the same after it went to another process as numbers")
  func encoding() {
    for measurement in [
      BatchMeasurement(labels: [], values: [:]),
      BatchMeasurement(
        labels: [3, 0, 9], values: ["": [1, -2.5, .infinity], "layer1.0.conv1": [], "bloß": [0.1]]),
    ] {
      #expect(BatchMeasurement(measurement.encoded[...]) == measurement)
      // As a part of what all processes send.
      #expect(BatchMeasurement(([7, 7] + measurement.encoded)[2...]) == measurement)
    }
  }

  @Test("is added up for batches with images alone, in their order")
  func order() {
    let shape = PlaneShape(channels: 1, images: 1, rows: 1, columns: 1)
    let batches = [[1], [], [2, 3], [4]].map { (images: Planes(shape), labels: $0) }
    let data = ScoringData(seed: 0, epoch: 0) { AnyIterator(batches.makeIterator()) }
    var seen: [[Int]] = []
    data.forEachBatch { _, labels in
      ["layer": labels.map(Double.init)]
    } add: { values, labels in
      #expect(values["layer"] == labels.map(Double.init))
      seen.append(labels)
    }
    #expect(seen == [[1], [2, 3], [4]])
  }
}
