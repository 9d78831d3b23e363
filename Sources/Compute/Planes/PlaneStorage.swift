import Foundation
import Synchronization

/// Memory that planes, and views of them, hold on to; it returns to its recycler when the last of
/// them is released.
final class PlaneStorage: @unchecked Sendable {
  private let memory: PlaneMemory
  private let recycler: PlaneRecycler
  private let channels: Int
  let precision: Precision
  /// Channels from the first on that belong to planes; the rest is room behind them.
  private let claimed: Atomic<Int>

  /// - Parameters:
  ///   - zeroed: false if the pixels' values do not matter; borders are zero in any case
  ///   - capacity: channels that there is room for
  init(
    _ shape: PlaneShape, _ precision: Precision, capacity: Int, zeroed: Bool, recycler: PlaneRecycler
  ) {
    self.recycler = recycler
    self.precision = precision
    channels = max(capacity, shape.channels)
    claimed = Atomic(shape.channels)
    let whole = shape.with(channels: channels)
    memory = recycler.allocate(whole, precision)
    if zeroed { memset(memory.base, 0, PlaneMemory.Size(whole, precision).bytes) }
  }

  deinit { recycler.recycle(memory) }

  /// The first element.
  ///
  /// - Precondition: the type is that of the precision.
  func elements<Element>(of type: Element.Type) -> UnsafeMutablePointer<Element> {
    precondition(MemoryLayout<Element>.stride == precision.bytes, "planes of \(precision) hold no \(type)")
    return memory.base.assumingMemoryBound(to: type)
  }

  /// Claims channels from `first` on for planes of their own; false where there is no room, or
  /// others have them.
  func claim(_ count: Int, from first: Int) -> Bool {
    guard first + count <= channels else { return false }
    return claimed.compareExchange(
      expected: first, desired: first + count, ordering: .relaxed
    ).exchanged
  }
}
