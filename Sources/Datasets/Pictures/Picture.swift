import Compute
import Files
import Specification

/// A decoded photograph or drawing of any size.
///
/// Greyscale, palette, 16-bit and CMYK pictures are converted to 8-bit RGB; transparency and the
/// orientation recorded by a camera are ignored.
struct Picture {
  /// As stored in the file.
  let fullSize: PictureSize
  /// Factor by which `pixels` are smaller than the picture: 1, 2, 4 or 8.
  let shrinkage: Int
  /// Size of `pixels`: `fullSize` / `shrinkage`, rounded up.
  let size: PictureSize
  /// `[rows, columns, 4]`: red, green, blue, and an unused byte.
  let pixels: [UInt8]

  /// - Parameters:
  ///   - file: a JPEG or PNG file, distinguished by the first bytes.
  ///   - maximumPixels: larger pictures are rejected before decoding: a file of a few kilobytes can
  ///     decode to gigabytes of pixels.
  ///   - shrinkage: requested factor by which the picture is smaller than stored: 1, 2, 4 or 8;
  ///     ignored for PNG.
  /// - Throws: the damage of the file.
  init(
    _ file: [UInt8], maximumPixels: Int = PictureSpec().maximumPixels,
    shrinkage: (PictureSize) -> Int = { _ in 1 }
  ) throws(PictureDamage) {
    if file.starts(with: [0xFF, 0xD8]) {
      self = try Self.jpeg(file, maximumPixels: maximumPixels, shrinkage: shrinkage)
    } else if file.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = try Self.png(file, maximumPixels: maximumPixels)
    } else if let kind = FileKind(file, path: "picture.bmp") {
      // In place of a picture, the two letters that a BMP begins with are enough.
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

  /// The part of a picture file inside a window, as an image of `side` x `side` pixels. It is
  /// decoded as small as the image allows.
  ///
  /// - Parameter window: by the size of the picture.
  /// - Returns: `[3, side, side]`
  static func image(
    _ file: [UInt8], maximumPixels: Int, side: Int, window: (PictureSize) -> PictureWindow
  ) throws(PictureDamage) -> [UInt8] {
    let picture = try Picture(file, maximumPixels: maximumPixels) { window($0).shrinkage(side: side) }
    return picture.image(window(picture.fullSize), side: side)
  }

  /// The part of the picture inside a window, as an image of `side` x `side` pixels.
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

  /// - Throws: if there are no pixels, or too many.
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

extension DatasetError {
  /// The error for a picture with more pixels than are allowed.
  ///
  /// - Parameter spec: how an experiment reads pictures; nil if it reads none.
  static func tooLarge(_ path: String, _ damage: PictureDamage, _ spec: PictureSpec?) -> DatasetError {
    let most = (spec ?? PictureSpec()).maximumPixels
    let advice = spec == nil ? "" : "; raise `dataset.maximum_pixels` to allow more"
    return DatasetError(file: path, problem: damage.problem, expected: "at most \(most) in all\(advice)")
  }
}

/// Why a picture cannot be used, in the decoder's words.
struct PictureDamage: Error, Equatable {
  let problem: String
  /// Whether the file only has more pixels than are allowed, and may be valid.
  let isTooLarge: Bool

  init(_ problem: String, isTooLarge: Bool = false) {
    self.problem = problem
    self.isTooLarge = isTooLarge
  }
}
