/// One of a fixed number of parts of a suite's trainings, written `K/N`.
public struct Shard: Equatable, Sendable, CustomStringConvertible {
  /// From 1 to ``count``.
  public let index: Int
  public let count: Int

  public init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1], index >= 1, index <= count
    else { return nil }
    (self.index, self.count) = (index, count)
  }

  public var description: String { "\(index)/\(count)" }
}
