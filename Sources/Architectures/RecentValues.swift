import Synchronization

/// A cache of the last few values by key: the experiments of a matrix mostly need the same values.
package final class RecentValues<Key: Equatable & Sendable, Value: Sendable>: Sendable {
  private let known = Mutex<[(key: Key, value: Value)]>([])
  private let most = 16

  package init() {}

  /// The cached value, or else the value that `make` returns, which is then cached.
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
