import Foundation

/// Memory that planes, and views of them, hold on to; it returns to its recycler when the last of
/// them is released.
final class PlaneStorage: @unchecked Sendable {
  private let memory: PlaneMemory
  private let recycler: PlaneRecycler

  /// - Parameter zeroed: false if the pixels' values do not matter; borders are zero in any case
  init(_ shape: PlaneShape, zeroed: Bool, recycler: PlaneRecycler) {
    self.recycler = recycler
    memory = recycler.allocate(shape)
    if zeroed { memset(memory.base, 0, PlaneMemory.Size(shape).bytes) }
  }

  deinit { recycler.recycle(memory) }

  var base: UnsafeMutablePointer<Float> { memory.base }
}
