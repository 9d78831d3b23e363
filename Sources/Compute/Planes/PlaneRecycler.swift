import Synchronization

/// Memory of released planes, kept for the next ones: fresh pages from the system cost as much as a
/// convolution that writes to them.
///
/// Planes return their memory when the last reference to them is released. Memory serves planes of
/// the same images, rows, columns and precision again, with as many channels or fewer: their
/// borders are where they were, and zero. What is in use and what is kept together stay within the
/// most that was lately in use and a quarter of it; beyond that, memory of other shapes is cleared
/// and used, or the oldest returned to the system.
final class PlaneRecycler: Sendable {
  /// That of planes for which no other one is named.
  static let shared = PlaneRecycler()

  private let state: Mutex<State>

  /// - Parameters:
  ///   - leastSlack: bytes that may be kept beyond the most in use, where a quarter of that is
  ///     less.
  ///   - turn: allocations after which a peak is forgotten if it does not recur: several steps of
  ///     training.
  init(leastSlack: Int = 128 << 20, turn: Int = 4096) {
    state = Mutex(State(leastSlack: leastSlack, turn: turn))
  }

  deinit {
    state.withLock { state in
      for block in state.removeAll() { block.deallocate() }
    }
  }

  /// Memory for planes; pixels are unspecified, borders zero.
  func allocate(_ shape: PlaneShape, _ precision: Precision) -> PlaneMemory {
    let wanted = PlaneMemory.Size(shape, precision)
    let (found, removed) = state.withLock { $0.take(wanted) }
    for block in removed { block.deallocate() }
    switch found {
    case .ready(let memory): return memory
    case .other(let memory):
      let cleared = PlaneMemory(memory, as: wanted)
      cleared.clear()
      return cleared
    case nil:
      return PlaneMemory(allocating: wanted)
    }
  }

  func recycle(_ memory: PlaneMemory) {
    let removed = state.withLock { $0.put(memory) }
    for block in removed { block.deallocate() }
  }

  /// Bytes in use and kept, and how often memory came from the system or from planes of another
  /// shape.
  var statistics: (inUse: Int, kept: Int, allocations: Int, conversions: Int) {
    state.withLock { ($0.inUse, $0.kept, $0.allocations, $0.conversions) }
  }
}

extension PlaneRecycler {
  fileprivate enum Found {
    /// Of the shape that is wanted.
    case ready(PlaneMemory)
    /// Of another shape.
    case other(PlaneMemory)
  }

  fileprivate struct State {
    private struct Entry {
      let memory: PlaneMemory
      /// Grows with every block that is kept.
      let age: Int
    }

    private var free: [PlaneMemory.Key: [Entry]] = [:]
    private var age = 0
    /// Bytes.
    private(set) var inUse = 0
    private(set) var kept = 0
    private(set) var allocations = 0
    private(set) var conversions = 0
    /// The most in use since the last turn, and in the turn before.
    private var peak = 0
    private var lastPeak = 0
    private var takenInTurn = 0

    private let leastSlack: Int
    private let turn: Int

    init(leastSlack: Int, turn: Int) {
      self.leastSlack = leastSlack
      self.turn = turn
    }

    private var limit: Int {
      let most = max(peak, lastPeak)
      return most + max(most / 4, leastSlack)
    }

    /// Memory that is kept and fits, nil if there is none, and what is to be deallocated.
    mutating func take(_ wanted: PlaneMemory.Size) -> (Found?, [PlaneMemory]) {
      takenInTurn += 1
      if takenInTurn >= turn { (lastPeak, peak, takenInTurn) = (peak, inUse, 0) }
      if let memory = takeFitting(wanted) { return (.ready(memory), []) }
      if inUse + kept + wanted.bytes > limit, let memory = takeOther(wanted) {
        conversions += 1
        return (.other(memory), [])
      }
      use(wanted.bytes)
      allocations += 1
      return (nil, trim())
    }

    /// The smallest block of the same images, rows, columns and precision with enough channels, but
    /// not twice too many; of several the one released last, parts of which the caches may still
    /// hold.
    private mutating func takeFitting(_ wanted: PlaneMemory.Size) -> PlaneMemory? {
      guard let entries = free[wanted.key] else { return nil }
      var best: Int?
      for (index, entry) in entries.enumerated() {
        let channels = entry.memory.size.channels
        guard channels >= wanted.channels, channels <= 2 * wanted.channels + 1 else { continue }
        if let found = best, entries[found].memory.size.channels < channels { continue }
        best = index
      }
      return best.map { take(wanted.key, $0) }
    }

    /// The smallest block of another shape with enough room, the oldest of several: whatever its
    /// size, clearing it costs no more than fresh memory does, and a step that is repeated ends up
    /// without any.
    private mutating func takeOther(_ wanted: PlaneMemory.Size) -> PlaneMemory? {
      let found = first {
        $0.memory.bytes >= wanted.bytes
      } before: {
        ($0.memory.bytes, $0.age) < ($1.memory.bytes, $1.age)
      }
      return found.map { take($0.key, $0.index) }
    }

    /// The kept block that comes before all others that `fits` holds for.
    private func first(
      where fits: (Entry) -> Bool, before: (Entry, Entry) -> Bool
    ) -> (key: PlaneMemory.Key, index: Int)? {
      var found: (key: PlaneMemory.Key, index: Int, entry: Entry)?
      for (key, entries) in free {
        for (index, entry) in entries.enumerated() where fits(entry) {
          if let found, !before(entry, found.entry) { continue }
          found = (key, index, entry)
        }
      }
      return found.map { ($0.key, $0.index) }
    }

    private mutating func take(_ key: PlaneMemory.Key, _ index: Int) -> PlaneMemory {
      let memory = remove(key, index)
      use(memory.bytes)
      return memory
    }

    private mutating func remove(_ key: PlaneMemory.Key, _ index: Int) -> PlaneMemory {
      guard var entries = free.removeValue(forKey: key) else { preconditionFailure("no such block") }
      let entry = entries.remove(at: index)
      if !entries.isEmpty { free[key] = entries }
      kept -= entry.memory.bytes
      return entry.memory
    }

    private mutating func use(_ bytes: Int) {
      inUse += bytes
      peak = max(peak, inUse)
    }

    /// Keeps a block; answers what is to be deallocated.
    mutating func put(_ memory: PlaneMemory) -> [PlaneMemory] {
      inUse -= memory.bytes
      kept += memory.bytes
      age += 1
      free[memory.size.key, default: []].append(Entry(memory: memory, age: age))
      return trim()
    }

    /// Removes the oldest blocks beyond the limit.
    private mutating func trim() -> [PlaneMemory] {
      var removed: [PlaneMemory] = []
      while inUse + kept > limit, let found = first(where: { _ in true }, before: { $0.age < $1.age }) {
        removed.append(remove(found.key, found.index))
      }
      return removed
    }

    mutating func removeAll() -> [PlaneMemory] {
      defer { free = [:] }
      return free.values.joined().map(\.memory)
    }
  }
}
