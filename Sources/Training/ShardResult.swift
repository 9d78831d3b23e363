import Compute
import MessagePassing
import Network

/// Result of the forward and backward pass of one shard of a batch.
struct ShardResult {
  var images: Int
  /// Mean over its images.
  var loss = 0.0
  var hits = Hits()
  /// Whether its logits are finite.
  var isFinite = true

  init(images: Int) { self.images = images }

  var lossSum: Double { loss * Double(images) }

  // MARK: For other processes

  static let noteCount = ShardResult(images: 0).notes.count

  var notes: [Double] {
    [Double(images), loss, Double(hits.top1), Double(hits.top5), isFinite ? 1 : 0]
  }

  static func results(_ notes: ArraySlice<Double>) -> [ShardResult] {
    stride(from: notes.startIndex, to: notes.endIndex, by: noteCount).map { start in
      var result = ShardResult(images: Int(notes[start]))
      result.loss = notes[start + 1]
      result.hits = Hits(top1: Int(notes[start + 2]), top5: Int(notes[start + 3]), images: result.images)
      result.isFinite = notes[start + 4] == 1
      return result
    }
  }

  // MARK: Gradients and statistics

  /// The network's gradients and running statistics, times the number of images.
  func weighted(_ network: Network) -> [Float] {
    guard images > 0 else { return [Float](repeating: 0, count: network.vectorLength) }
    let weight = Float(images)
    var vector = network.parameters.flatMap(\.gradient.values)
    vector += network.statisticsVector
    for index in vector.indices { vector[index] *= weight }
    return vector
  }
}

extension Trainer {
  /// Shards of every batch that this process computes.
  var ownShards: Range<Int> { group.part(of: spec.shards) }
}

extension Network {
  /// Elements of all gradients and running statistics.
  var vectorLength: Int { parameters.map(\.gradient.count).reduce(0, +) + statisticsVector.count }

  /// Sets gradients and running statistics to the mean over images.
  ///
  /// - Parameter sum: of ``ShardResult/weighted(_:)`` over all shards
  func takeMeans(of sum: [Float], images: Int) {
    let means = sum.map { $0 / Float(images) }
    var start = 0
    for parameter in parameters {
      let count = parameter.gradient.count
      parameter.gradient.values = Array(means[start..<start + count])
      start += count
    }
    statisticsVector = Array(means[start...])
  }
}
