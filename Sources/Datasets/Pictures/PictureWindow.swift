import Compute
import Foundation
import Specification

/// The part of a picture that becomes an image. Pixel (r, c) of the picture covers r to r + 1 and c
/// to c + 1.
struct PictureWindow: Equatable {
  /// The rows and columns of the image, which its pixels divide evenly.
  let rows: Range<Double>
  let columns: Range<Double>
  /// The pixels that may be read.
  let rowBounds: Range<Int>
  let columnBounds: Range<Int>

  /// The center crop of the picture by torchvision's `Resize(resize)` and `CenterCrop(side)`, which
  /// resize the shorter side to `resize` pixels first.
  ///
  /// - Precondition: `side` is not larger than `resize`.
  init(middleOf size: PictureSize, resize: Int, side: Int) {
    let shorter = min(size.rows, size.columns)
    func span(_ count: Int) -> Range<Double> {
      let resized = count == shorter ? resize : resize * count / shorter
      let begin = (Double(resized - side) / 2).rounded(.toNearestOrEven)
      let step = Double(count) / Double(resized)
      return begin * step..<(begin + Double(side)) * step
    }
    rows = span(size.rows)
    columns = span(size.columns)
    rowBounds = 0..<size.rows
    columnBounds = 0..<size.columns
  }

  /// A random crop by the method of torchvision's `RandomResizedCrop` (Szegedy et al. 2014, arXiv
  /// 1409.4842, section 6): its area is uniform in `scale`, and the logarithm of its aspect ratio
  /// is uniform in that of `ratio`. If it does not fit, it is drawn again; after ten attempts, it
  /// is the largest center crop with an allowed aspect ratio.
  init(randomIn size: PictureSize, _ spec: RandomResizedCropSpec, _ random: inout RandomStream) {
    let area = Double(size.rows) * Double(size.columns)
    let ratio = spec.ratio
    for _ in 0..<10 {
      let target = area * random.uniform(in: spec.scale)
      let shape = exp(random.uniform(in: log(ratio.lowerBound)...log(ratio.upperBound)))
      let columns = (target * shape).squareRoot().rounded(.toNearestOrEven)
      let rows = (target / shape).squareRoot().rounded(.toNearestOrEven)
      guard columns >= 1, rows >= 1, columns <= Double(size.columns), rows <= Double(size.rows) else {
        continue
      }
      let top = random.below(size.rows - Int(rows) + 1)
      let left = random.below(size.columns - Int(columns) + 1)
      self.init(rows: top..<top + Int(rows), columns: left..<left + Int(columns))
      return
    }
    var (rows, columns) = (size.rows, size.columns)
    let shape = Double(columns) / Double(rows)
    if shape < ratio.lowerBound {
      rows = Int(max(1, (Double(columns) / ratio.lowerBound).rounded(.toNearestOrEven)))
    } else if shape > ratio.upperBound {
      columns = Int(max(1, (Double(rows) * ratio.upperBound).rounded(.toNearestOrEven)))
    }
    let (top, left) = ((size.rows - rows) / 2, (size.columns - columns) / 2)
    self.init(rows: top..<top + rows, columns: left..<left + columns)
  }

  /// Whole pixels of a picture, without reading others.
  init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = Double(rows.lowerBound)..<Double(rows.upperBound)
    self.columns = Double(columns.lowerBound)..<Double(columns.upperBound)
    rowBounds = rows
    columnBounds = columns
  }

  /// Factor by which a picture may be decoded smaller for an image of `side` x `side` pixels: at
  /// least 1.5 times this size must remain, so that `Resampling` does most of the filtering.
  func shrinkage(side: Int) -> Int {
    let pixels = min(rows.upperBound - rows.lowerBound, columns.upperBound - columns.lowerBound)
    return [8, 4, 2].first { pixels >= 1.5 * Double(max(side, 32) * $0) } ?? 1
  }
}

extension RandomStream {
  /// A uniform random number with 53 random bits.
  fileprivate mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * (Double(next() >> 11) * 0x1p-53)
  }
}
