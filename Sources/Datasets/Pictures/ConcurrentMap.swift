import Compute
import Synchronization

/// The values for 0 to `count - 1`, which several threads make, in order.
///
/// - Parameter threads: the most threads.
/// - Throws: the error of the lowest number, whichever thread is faster.
func concurrentMap<Value: Sendable>(
  _ count: Int, threads: Int, _ value: @Sendable (Int) throws(DatasetError) -> Value
) throws(DatasetError) -> [Value] {
  let results = Mutex([Result<Value, DatasetError>?](repeating: nil, count: count))
  let next = Atomic<Int>(0)
  concurrently(max(1, min(threads, count))) { _ in
    while true {
      let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard number < count else { return }
      let result = Result { () throws(DatasetError) in try value(number) }
      results.withLock { $0[number] = result }
    }
  }
  var values: [Value] = []
  for case let result? in results.withLock({ $0 }) { values.append(try result.get()) }
  return values
}
