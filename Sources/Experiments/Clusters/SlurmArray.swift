/// A part of the tasks as one job array, since Slurm limits the size of an array (`MaxArraySize`).
struct SlurmArray: Equatable, Sendable {
  /// The task at index 0 of the array.
  let offset: Int
  /// The array's indices, ascending.
  let indices: [Int]
  /// Largest number of tasks that run at the same time; nil for no limit.
  let limit: Int?

  /// - Parameters:
  ///   - maximumSize: upper limit for indices (exclusive).
  ///   - limit: largest number of tasks of all arrays that run at the same time; at least one per
  ///     array.
  static func arrays(of tasks: [Int], maximumSize: Int, limit: Int?) -> [SlurmArray] {
    let parts = Dictionary(grouping: tasks) { $0 / maximumSize }.sorted { $0.key < $1.key }
    return parts.enumerated().map { position, part in
      let share = limit.map { max(1, $0 / parts.count + (position < $0 % parts.count ? 1 : 0)) }
      let offset = part.key * maximumSize
      return SlurmArray(offset: offset, indices: part.value.map { $0 - offset }, limit: share)
    }
  }

  /// The value of `--array`, such as `0-3,7%2`.
  var text: String {
    var ranges: [ClosedRange<Int>] = []
    for index in indices {
      if let last = ranges.last, last.upperBound + 1 == index {
        ranges[ranges.count - 1] = last.lowerBound...index
      } else {
        ranges.append(index...index)
      }
    }
    let list = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    return list.joined(separator: ",") + (limit.map { "%\($0)" } ?? "")
  }
}
