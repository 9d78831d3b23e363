import CKernels

/// Depthwise convolutions: every output reads one input channel, so each is a filter over a single
/// plane, bound by memory.
///
/// Where the plane's own borders are what the filter pads with (3x3 and 1x1 with half padding,
/// stride 1, or 3x3 with stride 2), it reads and writes planes where they lie. Any other reads a
/// ``FilterWindow``, a copy of some of the plane's images that stays in the second-level cache.
extension Engine {
  func depthwiseConvolve(
    _ problem: ConvolutionProblem, _ input: Planes, _ weight: Tensor, bias: [Float]?, into output: Planes
  ) {
    if problem.isStridedFilter { return stridedFilter(problem, input, weight, bias: bias, into: output) }
    let multiplier = problem.outputs / problem.groups
    withTaps(weight) { weights, taps in
      if problem.readsPlanesDirectly {
        let offsets = problem.taps.map { $0.row.shift * input.geometry.pitch + $0.column.shift }
        return forEachChunk(
          channels: problem.outputs, geometry: output.geometry, precision: .least(input, output)
        ) { channel, begin, end in
          let range = begin..<end
          self.reading(input, channel / multiplier, range.widened(by: offsets)) { x in
            self.writing(output, channel, range) { y in
              filter(
                x, offsets, weights + channel * taps, bias: bias?[channel] ?? 0, into: y,
                mask: output.geometry.mask, accumulate: false, range)
            }
          }
        }
      }
      let reading = FilterWindow(reading: problem)
      let writing = reading.writing(problem.output)
      let offsets = problem.taps.map { reading.offset($0.row, $0.column) }
      forEachWindow(channels: problem.outputs, reading) { channel, images in
        withWindow(reading, input, channel / multiplier, images) { x in
          scratch.floats(writing.size) { y in
            filter(
              x, offsets, weights + channel * taps, bias: bias?[channel] ?? 0, into: y,
              accumulate: false, 0..<writing.length)
            paste(writing, y, images, accumulate: false, into: output, channel)
          }
        }
      }
    }
  }

  func depthwiseInputGradient(
    _ problem: ConvolutionProblem, _ outputGradient: Planes, _ weight: Tensor, accumulate: Bool,
    into inputGradient: Planes
  ) {
    if problem.isStridedFilter {
      return stridedFilterInputGradient(
        problem, outputGradient, weight, accumulate: accumulate, into: inputGradient)
    }
    let multiplier = problem.outputs / problem.groups
    withTaps(weight) { weights, taps in
      if problem.readsPlanesDirectly {
        let offsets = problem.taps.map { -$0.row.shift * inputGradient.geometry.pitch - $0.column.shift }
        return forEachChunk(
          channels: problem.input.channels, geometry: inputGradient.geometry,
          precision: .least(outputGradient, inputGradient)
        ) { channel, begin, end in
          let range = begin..<end
          self.writing(inputGradient, channel, range, keepsValues: accumulate) { dx in
            for output in channel * multiplier..<(channel + 1) * multiplier {
              self.reading(outputGradient, output, range.widened(by: offsets)) { dy in
                filter(
                  dy, offsets, weights + output * taps, bias: 0, into: dx, mask: inputGradient.geometry.mask,
                  accumulate: accumulate || output > channel * multiplier, range)
              }
            }
          }
        }
      }
      let reading = FilterWindow(readingGradientOf: problem)
      let writing = reading.writing(problem.input, step: problem.stride)
      let phases = GradientPhase.all(problem, reading)
      forEachWindow(channels: problem.input.channels, reading) { channel, images in
        scratch.floats(writing.size) { sums in
          for output in channel * multiplier..<(channel + 1) * multiplier {
            withWindow(reading, outputGradient, output, images) { dy in
              for (rank, phase) in phases.enumerated() {
                let own = phase.taps.map { weights[output * taps + $0] }
                filter(
                  dy, phase.offsets, own, bias: 0, into: sums + rank * writing.phase,
                  accumulate: output > channel * multiplier, 0..<writing.length)
              }
            }
          }
          paste(writing, sums, images, accumulate: accumulate, into: inputGradient, channel)
        }
      }
    }
  }

  /// - Parameter groups: the most groups of windows, for tests: only problems of billions of
  ///   multiply-accumulates have several windows in a group.
  func depthwiseWeightGradient(
    _ problem: ConvolutionProblem, _ input: Planes, _ outputGradient: Planes, groups most: Int = .max,
    into gradient: inout Tensor
  ) {
    if problem.isStridedFilter {
      return stridedFilterWeightGradient(problem, input, outputGradient, into: &gradient)
    }
    let multiplier = problem.outputs / problem.groups
    if problem.readsPlanesDirectly {
      let chunks = PlaneChunks(length: outputGradient.geometry.length, .least(input, outputGradient))
      return sumParts(chunks.count, elements: chunks.width, into: &gradient) { channel, part, sums in
        let begin = part * chunks.width
        planeGradient(
          (outputGradient, channel), (input, channel / multiplier), kernel: problem.kernel,
          begin..<min(chunks.length, begin + chunks.width), into: sums)
      }
    }
    let reading = FilterWindow(reading: problem)
    let gradients = reading.writing(problem.output)
    let offsets = problem.taps.map { reading.offset($0.row, $0.column) }
    // A large kernel has as many sums as its window has pixels. They are doubles, two floats each.
    let groups = GradientGroups(
      of: reading.count, sums: 2 * gradient.count, most: min(most, reading.count))
    sumParts(groups.count, elements: groups.size * reading.size, into: &gradient) { channel, part, sums in
      for window in groups[part] {
        let images = reading.images(window)
        withWindow(reading, input, channel / multiplier, images) { x in
          withWindow(gradients, outputGradient, channel, images) { dy in
            filterGradient(dy, x, offsets, 0..<reading.length, into: sums)
          }
        }
      }
    }
  }

  /// Fills a gradient from sums over parts of each output's plane, of that many elements, which are
  /// added in their order.
  func sumParts(
    _ parts: Int, elements: Int, into gradient: inout Tensor,
    _ sum: (_ channel: Int, _ part: Int, _ sums: UnsafeMutablePointer<Double>) -> Void
  ) {
    let outputs = gradient.shape[0]
    let taps = gradient.count / max(1, outputs)
    var sums = [Double](repeating: 0, count: outputs * parts * taps)
    sums.withUnsafeMutableBufferPointer { sums in
      // Tasks add to elements of their own.
      nonisolated(unsafe) let base = sums.baseAddress
      forEachUnit(outputs * parts, elements: elements) { unit in
        guard let base else { return }
        sum(unit / parts, unit % parts, base + unit * taps)
      }
    }
    for output in 0..<outputs {
      for tap in 0..<taps {
        gradient.values[output * taps + tap] = Float(
          (0..<parts).reduce(0) { $0 + sums[(output * parts + $1) * taps + tap] })
      }
    }
  }

  func filter(
    _ x: UnsafePointer<Float>, _ offsets: [Int], _ weights: UnsafePointer<Float>, bias: Float,
    into y: UnsafeMutablePointer<Float>, mask: ck_mask = ck_mask(bits: nil, lanes: nil, counts: nil),
    accumulate: Bool, _ range: Range<Int>
  ) {
    offsets.withUnsafeBufferPointer { offsets in
      var job = ck_filter(
        x: x, offsets: offsets.baseAddress, taps: Int64(offsets.count), weights: weights, bias: bias, y: y,
        mask: mask, accumulate: accumulate)
      loops.filter(&job, range.lowerBound, range.upperBound)
    }
  }

  private func filterGradient(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ offsets: [Int], _ range: Range<Int>,
    into sums: UnsafeMutablePointer<Double>
  ) {
    offsets.withUnsafeBufferPointer { offsets in
      var job = ck_filter_gradient(
        dy: dy, x: x, offsets: offsets.baseAddress, taps: Int64(offsets.count))
      loops.filter_gradient(&job, range.lowerBound, range.upperBound, sums)
    }
  }

  /// Of a filter that reads planes where they lie.
  private func planeGradient(
    _ dy: (planes: Planes, channel: Int), _ x: (planes: Planes, channel: Int), kernel: Int,
    _ range: Range<Int>, into sums: UnsafeMutablePointer<Double>
  ) {
    let pitch = x.planes.geometry.pitch
    reading(dy.planes, dy.channel, range.widened(by: [-pitch, pitch])) { dy in
      reading(x.planes, x.channel, range.widened(by: [-1, 1])) { x in
        guard kernel == 3 else { return filterGradient(dy, x, [0], range, into: sums) }
        var job = ck_plane_gradient(dy: dy, x: x, pitch: pitch)
        loops.plane_gradient(&job, range.lowerBound, range.upperBound, sums)
      }
    }
  }

  /// Calls `body` with the weights and the number of a filter's taps.
  func withTaps(_ weight: Tensor, _ body: (UnsafePointer<Float>, Int) -> Void) {
    weight.values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      body(base, weight.shape[2] * weight.shape[3])
    }
  }

  private func forEachWindow(
    channels: Int, _ window: FilterWindow, _ body: (_ channel: Int, _ images: Range<Int>) -> Void
  ) {
    parallel(channels * window.count) { body($0 / window.count, window.images($0 % window.count)) }
  }

  private func withWindow(
    _ window: FilterWindow, _ x: Planes, _ channel: Int, _ images: Range<Int>,
    _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    scratch.floats(window.size) { copy in
      reading(x, channel, x.geometry.elements(ofImages: images.lowerBound, images.count)) {
        window.cut($0, images, into: copy, by: loops)
      }
      body(copy)
    }
  }

  private func paste(
    _ window: FilterWindow, _ copy: UnsafePointer<Float>, _ images: Range<Int>, accumulate: Bool,
    into y: Planes, _ channel: Int
  ) {
    let elements = y.geometry.elements(ofImages: images.lowerBound, images.count)
    writing(y, channel, elements, keepsValues: true) {
      window.paste(copy, images, accumulate: accumulate, into: $0, by: loops)
    }
  }
}

extension Range<Int> {
  /// With what elements at these distances from it read.
  func widened(by offsets: [Int]) -> Range<Int> {
    lowerBound + Swift.min(0, offsets.min() ?? 0)..<upperBound + Swift.max(0, offsets.max() ?? 0)
  }
}

extension ConvolutionProblem {
  /// Whether the borders of planes are all that is read outside them, and inputs lie as outputs do.
  var readsPlanesDirectly: Bool {
    stride == 1 && kernel % 2 == 1 && kernel <= 3 && padding == kernel / 2
  }

  var taps: [(row: FilterTap, column: FilterTap)] {
    let axis = (0..<kernel).map { FilterTap($0, self) }
    return axis.flatMap { row in axis.map { (row, $0) } }
  }
}

/// Which pixels one tap reads along one axis: for output r, pixel `stride * (r + shift) + phase`.
struct FilterTap {
  let phase: Int
  let shift: Int

  init(_ tap: Int, _ problem: ConvolutionProblem) {
    let distance = tap - problem.padding
    shift = Int((Double(distance) / Double(problem.stride)).rounded(.down))
    phase = distance - shift * problem.stride
  }
}

/// Pixels of one phase of the input: the taps that read them, and where the outputs lie that do.
private struct GradientPhase {
  let taps: [Int]
  let offsets: [Int]

  /// - Parameter window: of the output's gradient
  static func all(_ problem: ConvolutionProblem, _ window: FilterWindow) -> [GradientPhase] {
    let numbered = problem.taps.enumerated()
    return (0..<problem.stride * problem.stride).map { phase in
      let taps = numbered.filter {
        $0.element.row.phase * problem.stride + $0.element.column.phase == phase
      }
      return GradientPhase(
        taps: taps.map(\.offset),
        offsets: taps.map {
          (window.before - $0.element.row.shift) * window.pitch + window.before - $0.element.column.shift
        })
    }
  }
}
