import Compute
import Foundation
import Specification

/// The part of a picture that an image is made of. Pixel (r, c) of the picture covers r to r + 1
/// and c to c + 1.
struct PictureWindow: Equatable {
  /// What the image shows; its pixels divide these evenly.
  let rows: Range<Double>
  let columns: Range<Double>
  /// The pixels that may be looked at.
  let rowBounds: Range<Int>
  let columnBounds: Range<Int>

  /// The middle of the picture, as torchvision's `Resize(resize)` and `CenterCrop(side)` cut it out
  /// of a picture whose shorter side has been made `resize` pixels.
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

  /// A part of random size, shape and place, as torchvision's `RandomResizedCrop` draws it (Szegedy
  /// et al. 2014, arXiv 1409.4842, section 6): its area is uniform in `scale`, the logarithm of
  /// width / height uniform in that of `ratio`. What does not fit is drawn again; after ten times
  /// it is the largest part in the middle whose shape is allowed.
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

  /// Whole pixels of a picture, and nothing beyond them.
  init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = Double(rows.lowerBound)..<Double(rows.upperBound)
    self.columns = Double(columns.lowerBound)..<Double(columns.upperBound)
    rowBounds = rows
    columnBounds = columns
  }

  /// How many times smaller a picture may be decoded for an image of `side` x `side` pixels: what
  /// is left has to be half as large again as that, at least, so that most of the filtering is done
  /// by `Resampling`.
  func shrinkage(side: Int) -> Int {
    let pixels = min(rows.upperBound - rows.lowerBound, columns.upperBound - columns.lowerBound)
    return [8, 4, 2].first { pixels >= 1.5 * Double(max(side, 32) * $0) } ?? 1
  }
}

extension RandomStream {
  /// Uniform, with 53 random bits.
  fileprivate mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * (Double(next() >> 11) * 0x1p-53)
  }
}
