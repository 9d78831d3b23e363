import Compute
import MessagePassing

/// Data that a criterion may use besides the network.
public struct ScoringData {
  /// One pass over this process's batches of the scoring images,
  /// `[channels, images, rows, columns]`, and their labels; process r of n has batches r, r + n,
  /// and so on.
  let batches: () -> AnyIterator<(images: Planes, labels: [Int])>
  public let seed: UInt64
  public let epoch: Int
  /// Whether the scores are no longer needed: the criterion may then end early with invalid scores.
  /// Any thread may call it.
  public let isCancelled: () -> Bool
  private let group: ProcessGroup

  /// - Parameters:
  ///   - group: processes that score the same network, each on a part of the batches
  ///   - isCancelled: whether the scores are no longer needed
  ///   - batches: this process's, empty ones included; fewer when cancelled
  public init(
    seed: UInt64, epoch: Int, group: ProcessGroup = .alone, isCancelled: @escaping () -> Bool = { false },
    batches: @escaping () -> AnyIterator<(images: Planes, labels: [Int])>
  ) {
    (self.seed, self.epoch, self.group) = (seed, epoch, group)
    (self.isCancelled, self.batches) = (isCancelled, batches)
  }

  /// Measures every batch, and adds up the measurements in the order of the batches, in every
  /// process.
  ///
  /// - Parameters:
  ///   - measure: values of one batch by layer; called for this process's batches that have images
  ///   - add: called for all batches that have images, with their labels and values
  public func forEachBatch(
    _ measure: (_ images: Planes, _ labels: [Int]) -> [String: [Double]],
    add: (_ values: [String: [Double]], _ labels: [Int]) -> Void
  ) {
    let own = batches()
    while true {
      let batch = own.next()
      let measured = batch.map { batch in
        BatchMeasurement(
          labels: batch.labels, values: batch.labels.isEmpty ? [:] : measure(batch.images, batch.labels))
      }
      let all = group.count == 1 ? [measured] : gathered(measured)
      for measurement in all.compactMap({ $0 }) where !measurement.labels.isEmpty {
        add(measurement.values, measurement.labels)
      }
      // A process that has finished waits for the others.
      if all.allSatisfy({ $0 == nil }) { return }
    }
  }

  private func gathered(_ own: BatchMeasurement?) -> [BatchMeasurement?] {
    let values = own?.encoded ?? []
    let counts = group.gathered([Double(values.count)], counts: Array(repeating: 1, count: group.count))
      .map { Int($0) }
    var all = group.gathered(values, counts: counts)[...]
    return counts.map { count in
      defer { all = all.dropFirst(count) }
      return count == 0 ? nil : BatchMeasurement(all.prefix(count))
    }
  }
}

/// Measurements of a criterion on one batch.
struct BatchMeasurement: Equatable {
  var labels: [Int]
  /// By layer.
  var values: [String: [Double]]

  init(labels: [Int], values: [String: [Double]]) { (self.labels, self.values) = (labels, values) }

  /// Encoded as numbers for exchange between processes: lists with a length prefix, names as UTF-8.
  var encoded: [Double] {
    var all = [Double(labels.count)] + labels.map(Double.init)
    for (name, values) in values.sorted(by: { $0.key < $1.key }) {
      all += [Double(name.utf8.count)] + name.utf8.map(Double.init)
      all += [Double(values.count)] + values
    }
    return all
  }

  init(_ encoded: ArraySlice<Double>) {
    var rest = encoded
    func list() -> ArraySlice<Double> {
      let count = Int(rest.popFirst() ?? 0)
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    labels = list().map { Int($0) }
    values = [:]
    while !rest.isEmpty {
      let name = String(decoding: list().map { UInt8($0) }, as: UTF8.self)
      values[name] = Array(list())
    }
  }
}
