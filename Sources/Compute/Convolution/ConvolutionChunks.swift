import CKernels

/// Direct sums over planes in chunks of pixels.
extension Engine {
  /// Runs one convolution.
  ///
  /// - Parameters:
  ///   - job: without planes
  ///   - x: what taps read of each input channel
  ///   - y: of each output channel, of which the given phase is written
  ///   - offsets: of the taps
  func run(
    _ job: ck_convolution, _ x: TapPlanes, into y: TapPlanes, phase: Int = 0, offsets: [Int]
  ) {
    guard job.outputs > 0 else { return }
    offsets.withUnsafeBufferPointer { pointer in
      var job = job
      (job.offsets, job.taps) = (pointer.baseAddress, Int64(offsets.count))
      forEachChunk(length: y.planes.geometry.length, channels: x.planes.shape.channels) { begin, end in
        var job = job
        readingAll(x, (begin..<end).widened(by: offsets)) { from, stride in
          (job.x, job.x_stride) = (from, stride)
          writingAll(y, phase: phase, begin..<end, keepsValues: job.accumulate) {
            (job.y, job.y_stride) = ($0, $1)
            loops.convolve(&job, begin, end)
          }
        }
      }
    }
  }

  /// Runs one convolution of planes in single precision.
  ///
  /// - Parameter length: flat indices of the output
  func run(_ job: ck_convolution, length: Int) {
    guard job.outputs > 0 else { return }
    forEachChunk(length: length, channels: Int(job.inputs)) { begin, end in
      var job = job
      loops.convolve(&job, begin, end)
    }
  }

  /// Runs `body(begin, end)` on chunks of pixels whose part of the given number of channels stays
  /// in the second-level cache while it is read again and again.
  func forEachChunk(length: Int, channels: Int, _ body: (Int, Int) -> Void) {
    let block = CK_PIXEL_BLOCK
    guard length > 0 else { return }
    let fitting = 65536 / max(1, channels)
    let shared = length.dividedRoundingUp(by: 16)
    let chunk = max(block, min(fitting, shared, 6144)).roundedUp(to: block)
    parallel(length.dividedRoundingUp(by: chunk)) { index in
      body(index * chunk, min(length, (index + 1) * chunk))
    }
  }
}
