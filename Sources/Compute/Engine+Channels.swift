extension Engine {
  /// One value for every channel of planes.
  ///
  /// Whole rounds of channels go side by side, each with a thread of its own, so that a plane that is passed over twice is
  /// still cached the second time; of what is left over the threads share the pieces. The values are the same either way.
  func mapChannels<Value>(
    _ channels: Int, geometry: PlaneGeometry, initial: Value, _ body: (Int, ChannelPieces) -> Value
  ) -> [Value] {
    var values = [Value](repeating: initial, count: channels)
    values.withUnsafeMutableBufferPointer { values in
      // Tasks write to elements of their own.
      nonisolated(unsafe) let values = values
      let pieces = PlanePieces(length: geometry.length)
      let own = ChannelPieces(engine: nil, pieces: pieces, length: geometry.length)
      let sideBySide = channels / threads * threads
      // A task of its own for every small plane would cost more than the plane.
      let perTask = min(max(1, PlanePieces.size / pieces.width), max(1, sideBySide / threads))
      parallel(sideBySide.dividedRoundingUp(by: perTask)) { task in
        for channel in task * perTask..<min(sideBySide, (task + 1) * perTask) {
          values[channel] = body(channel, own)
        }
      }
      let shared = ChannelPieces(engine: self, pieces: pieces, length: geometry.length)
      for channel in sideBySide..<channels { values[channel] = body(channel, shared) }
    }
    return values
  }
}

/// The pieces of one channel's plane.
struct ChannelPieces {
  /// Whose threads share them; nil where the calling thread does them all.
  fileprivate let engine: Engine?
  fileprivate let pieces: PlanePieces
  fileprivate let length: Int

  func forEach(_ body: (_ begin: Int, _ end: Int) -> Void) {
    guard let engine else {
      for piece in 0..<pieces.count { with(piece, body) }
      return
    }
    engine.parallel(pieces.count) { with($0, body) }
  }

  /// Combines the pieces' values in their order.
  func reduce<Value>(
    into initial: Value, _ value: (_ begin: Int, _ end: Int) -> Value, _ combine: (inout Value, Value) -> Void
  ) -> Value {
    var result = initial
    guard let engine else {
      for piece in 0..<pieces.count { combine(&result, with(piece, value)) }
      return result
    }
    var values = [Value](repeating: initial, count: pieces.count)
    values.withUnsafeMutableBufferPointer { values in
      // Tasks write to elements of their own.
      nonisolated(unsafe) let values = values
      engine.parallel(pieces.count) { values[$0] = with($0, value) }
    }
    for value in values { combine(&result, value) }
    return result
  }

  private func with<Result>(_ piece: Int, _ body: (Int, Int) -> Result) -> Result {
    let begin = piece * pieces.width
    return body(begin, min(begin + pieces.width, length))
  }
}
