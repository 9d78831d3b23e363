import CKernels

/// How an axis of an image is resampled: the pixels that each new pixel is a weighted mean of.
///
/// The weights are those of linear interpolation where an image grows. Where it shrinks, the
/// triangle is as many times wider, so that every old pixel counts (an antialiased bilinear filter,
/// as Pillow's and torchvision's `BILINEAR`).
public struct Resampling: Sendable {
  let first: [Int32]
  let count: [Int32]
  /// `[outputs, taps]`.
  let weights: [Float]
  let taps: Int
  /// The old pixels that any new one looks at.
  let reach: Range<Int>

  /// Number of new pixels.
  public var outputs: Int { first.count }

  /// New pixel i is centred at `start + (i + 1/2) * step`, where old pixel j covers j to j + 1.
  ///
  /// - Parameter bounds: old pixels that may be looked at; those beyond have no weight.
  /// - Precondition: `outputs` and `step` are positive, `bounds` is not empty and lies in 0..<2^31.
  public init(outputs: Int, from start: Double, step: Double, within bounds: Range<Int>) {
    precondition(
      outputs > 0 && step > 0 && step.isFinite && start.isFinite, "\(outputs) pixels \(step) apart")
    precondition(
      !bounds.isEmpty && bounds.lowerBound >= 0 && bounds.upperBound <= Int(Int32.max), "\(bounds)")
    let radius = max(step, 1)
    let (lower, upper) = (Double(bounds.lowerBound), Double(bounds.upperBound))
    let spans = (0..<outputs).map { output in
      let centre = start + (Double(output) + 0.5) * step
      // At least the pixel nearest to the centre.
      let begin = Int(min(max((centre - radius + 0.5).rounded(.down), lower), upper - 1))
      let end = Int(min(max((centre + radius + 0.5).rounded(.down), Double(begin + 1)), upper))
      return (centre: centre, begin: begin, end: end)
    }
    taps = spans.map { $0.end - $0.begin }.max() ?? 1
    first = spans.map { Int32($0.begin) }
    count = spans.map { Int32($0.end - $0.begin) }
    reach = (spans.map(\.begin).min() ?? 0)..<(spans.map(\.end).max() ?? 0)
    var weights = [Float](repeating: 0, count: outputs * taps)
    for (output, span) in spans.enumerated() {
      let triangle = (span.begin..<span.end).map { max(0, 1 - abs(Double($0) + 0.5 - span.centre) / radius) }
      let sum = triangle.reduce(0, +)
      for (tap, weight) in triangle.enumerated() {
        weights[output * taps + tap] = Float(sum > 0 ? weight / sum : 1 / Double(triangle.count))
      }
    }
    self.weights = weights
  }

  /// An image of four bytes a pixel, of which the fourth is left out, resampled along both axes.
  ///
  /// - Parameters:
  ///   - pixels: `[rows, columns, 4]`
  ///   - horizontal: along rows
  ///   - vertical: along columns
  /// - Returns: `[3, vertical.outputs, horizontal.outputs]`, each value rounded to the nearest.
  /// - Complexity: as many multiply-adds as rows, columns and new pixels have weights.
  public static func resample(
    _ pixels: [UInt8], rows: Int, columns: Int, horizontal: Resampling, vertical: Resampling
  ) -> [UInt8] {
    precondition(rows > 0 && columns > 0 && pixels.count == rows * columns * 4, "\(rows)x\(columns) pixels")
    precondition(
      horizontal.reach.upperBound <= columns && vertical.reach.upperBound <= rows,
      "\(vertical.reach) and \(horizontal.reach) of \(rows)x\(columns) pixels")
    let top = vertical.reach.lowerBound
    let width = horizontal.outputs
    let narrow = [Float](unsafeUninitializedCapacity: vertical.reach.count * width * 4) { buffer, count in
      pixels.withUnsafeBufferPointer { pixels in
        horizontal.withKernel { axis in
          guard let from = pixels.baseAddress, let to = buffer.baseAddress else { return }
          ck_resample_rows(from + top * columns * 4, Int64(vertical.reach.count), Int64(columns), axis, to)
        }
      }
      count = vertical.reach.count * width * 4
    }
    return [UInt8](unsafeUninitializedCapacity: 3 * vertical.outputs * width) { buffer, count in
      vertical.withKernel { axis in
        guard let to = buffer.baseAddress else { return }
        ck_resample_columns(narrow, Int64(top), Int64(width), axis, to)
      }
      count = 3 * vertical.outputs * width
    }
  }

  private func withKernel(_ body: (UnsafePointer<ck_resampling>) -> Void) {
    first.withUnsafeBufferPointer { first in
      count.withUnsafeBufferPointer { count in
        weights.withUnsafeBufferPointer { weights in
          var axis = ck_resampling(
            first: first.baseAddress, count: count.baseAddress, weights: weights.baseAddress,
            taps: Int64(taps), outputs: Int64(outputs))
          body(&axis)
        }
      }
    }
  }
}
