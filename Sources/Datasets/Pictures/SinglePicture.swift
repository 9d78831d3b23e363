import Specification

/// One picture as an image for a network: its resized center crop.
public enum SinglePicture {
  /// - Parameters:
  ///   - path: a JPEG or PNG file
  ///   - channels: 3, or 1 for brightness (ITU-R BT.601)
  ///   - side: rows and columns of the image
  ///   - spec: how the experiment reads pictures, whose size need not be `side`; nil if it reads
  ///     none
  /// - Returns: `[channels, side, side]`
  /// - Throws: ``DatasetError`` if the file cannot be read or decoded.
  public static func image(
    contentsOf path: String, channels: Int, side: Int, _ spec: PictureSpec?
  ) throws(DatasetError) -> [UInt8] {
    let expected = "a JPEG or PNG picture"
    guard channels == 1 || channels == 3 else {
      throw DatasetError(
        file: path, problem: "the network's images have \(channels) channels, a picture has 1 or 3",
        expected: expected)
    }
    let file = try PictureFile.read(path, expected: expected)
    let resize = max(side, spec?.resize ?? side)
    let most = (spec ?? PictureSpec()).maximumPixels
    do throws(PictureDamage) {
      let colours = try Picture.image(file.get(), maximumPixels: most, side: side) {
        PictureWindow(middleOf: $0, resize: resize, side: side)
      }
      guard channels == 1 else { return colours }
      let pixels = side * side
      return (0..<pixels).map { pixel in
        let red = 299 * Int(colours[pixel])
        let green = 587 * Int(colours[pixels + pixel])
        let blue = 114 * Int(colours[2 * pixels + pixel])
        return UInt8((red + green + blue + 500) / 1000)
      }
    } catch {
      if error.isTooLarge { throw .tooLarge(path, error, spec) }
      throw DatasetError(file: path, problem: error.problem, expected: expected)
    }
  }
}
