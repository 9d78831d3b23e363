import Synchronization

/// The last few values that were made, by what they were made from: the experiments of a matrix
/// mostly ask for the same ones.
package final class RecentValues<Key: Equatable & Sendable, Value: Sendable>: Sendable {
  private let known = Mutex<[(key: Key, value: Value)]>([])
  private let most = 16

  package init() {}

  /// The value that is known, or else the one that `make` returns, which is known from then on.
  package func value<Failure: Error>(
    for key: Key, _ make: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    if let found = known.withLock({ $0.first { $0.key == key }?.value }) { return found }
    let value = try make()
    known.withLock { known in
      if known.count == most { known.removeFirst() }
      known.append((key, value))
    }
    return value
  }
}
