import Compute
import Files
import Specification

/// A decoded photograph or drawing of any size.
///
/// Greyscale, palettes, 16 bits a channel and CMYK have become red, green and blue of 8 bits;
/// transparency is left out, as is the orientation that a camera may have noted.
struct Picture {
  /// As stored in the file.
  let fullSize: PictureSize
  /// `pixels` are of the picture made this many times smaller: 1, 2, 4 or 8.
  let shrinkage: Int
  /// What `pixels` are of: `fullSize` / `shrinkage`, rounded up.
  let size: PictureSize
  /// `[rows, columns, 4]`: red, green, blue, and a byte that means nothing.
  let pixels: [UInt8]

  /// - Parameters:
  ///   - file: a JPEG or PNG file; what it is shows in its first bytes.
  ///   - maximumPixels: larger pictures are refused before they are decoded: a file of a few
  ///     kilobytes can be of gigabytes of pixels.
  ///   - shrinkage: how many times smaller than stored the picture is wanted: 1, 2, 4 or 8; a PNG
  ///     stays as it is.
  /// - Throws: what is wrong with the file.
  init(
    _ file: [UInt8], maximumPixels: Int = PictureSpec().maximumPixels,
    shrinkage: (PictureSize) -> Int = { _ in 1 }
  ) throws(PictureDamage) {
    if file.starts(with: [0xFF, 0xD8]) {
      self = try Self.jpeg(file, maximumPixels: maximumPixels, shrinkage: shrinkage)
    } else if file.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = try Self.png(file, maximumPixels: maximumPixels)
    } else if let kind = FileKind(file, path: "") {
      throw PictureDamage(kind.sentence)
    } else {
      throw PictureDamage(
        file.isEmpty ? "the file is empty" : "the file begins neither as a JPEG nor as a PNG")
    }
  }

  init(fullSize: PictureSize, shrinkage: Int, size: PictureSize, pixels: [UInt8]) {
    self.fullSize = fullSize
    self.shrinkage = shrinkage
    self.size = size
    self.pixels = pixels
  }

  /// The part of the picture that a window shows, as an image of `side` x `side` pixels.
  ///
  /// - Returns: `[3, side, side]`
  func image(_ window: PictureWindow, side: Int) -> [UInt8] {
    Resampling.resample(
      pixels, rows: size.rows, columns: size.columns,
      horizontal: resampling(window.columns, within: window.columnBounds, of: size.columns, side),
      vertical: resampling(window.rows, within: window.rowBounds, of: size.rows, side))
  }

  private func resampling(
    _ span: Range<Double>, within bounds: Range<Int>, of count: Int, _ side: Int
  ) -> Resampling {
    let scale = Double(shrinkage)
    let end = min(count, (bounds.upperBound + shrinkage - 1) / shrinkage)
    let begin = min(bounds.lowerBound / shrinkage, end - 1)
    return Resampling(
      outputs: side, from: span.lowerBound / scale,
      step: (span.upperBound - span.lowerBound) / scale / Double(side), within: begin..<end)
  }
}

struct PictureSize: Equatable {
  var rows: Int
  var columns: Int

  /// - Throws: when there are no pixels, or too many.
  func check(_ maximumPixels: Int) throws(PictureDamage) {
    guard rows > 0, columns > 0 else { throw PictureDamage("a picture of \(columns)x\(rows) pixels") }
    let (pixels, overflows) = rows.multipliedReportingOverflow(by: columns)
    guard !overflows, pixels <= maximumPixels else {
      throw PictureDamage("\(columns)x\(rows) pixels", isTooLarge: true)
    }
  }

  func shrunk(by shrinkage: Int) -> PictureSize {
    PictureSize(rows: (rows + shrinkage - 1) / shrinkage, columns: (columns + shrinkage - 1) / shrinkage)
  }
}

/// Why a picture cannot be used, in the decoder's words.
struct PictureDamage: Error, Equatable {
  let problem: String
  /// The file may be sound, and only has more pixels than are allowed.
  let isTooLarge: Bool

  init(_ problem: String, isTooLarge: Bool = false) {
    self.problem = problem
    self.isTooLarge = isTooLarge
  }
}
