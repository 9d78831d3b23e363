extension Engine {
  /// One value for every channel of planes, from all chunks of its plane, and then something that
  /// is done with it to each.
  ///
  /// Whole rounds of channels go side by side, each with a thread of its own, so that a plane that
  /// is passed over twice is still cached the second time; of the channels that are left over, the
  /// threads share the chunks. The values are the same either way.
  ///
  /// - Parameters:
  ///   - precision: the least of the planes that are read and written
  ///   - initial: what a channel's first part is joined to
  ///   - part: of a channel's chunk, from its begin to its end
  ///   - join: a channel's parts, in their order
  ///   - value: from what they were joined to
  ///   - use: what is done with a channel's value to a chunk
  func mapChannels<Part, Value>(
    _ channels: Int, geometry: PlaneGeometry, precision: Precision, initial: Part,
    part: (_ channel: Int, _ begin: Int, _ end: Int) -> Part, join: (inout Part, Part) -> Void,
    value: (_ channel: Int, Part) -> Value,
    use: (_ channel: Int, Value, _ begin: Int, _ end: Int) -> Void = { _, _, _, _ in }
  ) -> [Value] {
    let chunks = PlaneChunks(length: geometry.length, precision)
    let sideBySide = channels / threads * threads
    // A task of its own for every small plane would cost more than the plane.
    let perTask = min(max(1, PlaneChunks.size / chunks.width), max(1, sideBySide / threads))
    var values: [Value] = []
    // All empty arrays are one, whose count a thread would set while others read it.
    if sideBySide > 0 {
      values = [Value](unsafeUninitializedCapacity: sideBySide) { values, count in
        // Tasks write to elements of their own.
        nonisolated(unsafe) let base = values.baseAddress
        parallel(sideBySide.dividedRoundingUp(by: perTask)) { task in
          for channel in task * perTask..<min(sideBySide, (task + 1) * perTask) {
            var joined = initial
            chunks.forEach { join(&joined, part(channel, $0, $1)) }
            let found = value(channel, joined)
            chunks.forEach { use(channel, found, $0, $1) }
            base?.advanced(by: channel).initialize(to: found)
          }
        }
        count = sideBySide
      }
    }
    let rest = channels - sideBySide
    let parts = mapChunks(channels: rest, geometry: geometry, precision: precision, initial: initial) {
      part(sideBySide + $0, $1, $2)
    }
    for channel in 0..<rest {
      let own = parts[channel * chunks.count..<(channel + 1) * chunks.count]
      values.append(value(sideBySide + channel, own.reduce(into: initial, join)))
    }
    forEachChunk(channels: rest, geometry: geometry, precision: precision) {
      use(sideBySide + $0, values[sideBySide + $0], $1, $2)
    }
    return values
  }

  /// One value for every chunk of every plane, `[channels][chunks]`.
  private func mapChunks<Value>(
    channels: Int, geometry: PlaneGeometry, precision: Precision, initial: Value,
    _ body: (Int, Int, Int) -> Value
  ) -> [Value] {
    let chunks = PlaneChunks(length: geometry.length, precision)
    var values = [Value](repeating: initial, count: channels * chunks.count)
    values.withUnsafeMutableBufferPointer { values in
      // Tasks write to elements of their own.
      nonisolated(unsafe) let values = values
      forEachChunk(channels: channels, geometry: geometry, precision: precision) { channel, begin, end in
        values[channel * chunks.count + begin / chunks.width] = body(channel, begin, end)
      }
    }
    return values
  }
}
