/// A part of the tasks as one job array: Slurm bounds the size of an array (`MaxArraySize`).
public struct SlurmArray: Equatable, Sendable {
  /// The task that is the array's index 0.
  public let offset: Int
  /// The array's indices, ascending.
  public let indices: [Int]
  /// Tasks at a time; nil for no bound.
  public let limit: Int?

  /// - Parameters:
  ///   - maximumSize: indices are below this.
  ///   - limit: tasks at a time of all arrays together, as long as there are not more arrays.
  public static func arrays(of tasks: [Int], maximumSize: Int, limit: Int?) -> [SlurmArray] {
    let parts = Dictionary(grouping: tasks) { $0 / maximumSize }.sorted { $0.key < $1.key }
    return parts.enumerated().map { position, part in
      let share = limit.map { max(1, $0 / parts.count + (position < $0 % parts.count ? 1 : 0)) }
      let offset = part.key * maximumSize
      return SlurmArray(offset: offset, indices: part.value.map { $0 - offset }, limit: share)
    }
  }

  /// The value of `--array`, such as `0-3,7%2`.
  public var text: String {
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
