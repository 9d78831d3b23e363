import CTurboJPEG

extension Picture {
  /// Decodes a JPEG file by the TurboJPEG API of libjpeg-turbo
  /// (https://libjpeg-turbo.org/Documentation/Documentation).
  ///
  /// To shrink a picture, its blocks of 8x8 pixels are decoded to smaller ones, which takes less
  /// time.
  static func jpeg(
    _ file: [UInt8], maximumPixels: Int, shrinkage: (PictureSize) -> Int
  ) throws(PictureDamage) -> Picture {
    let segments = try JPEGSegments(file)
    try segments.size.check(maximumPixels)
    guard let decoder = tjInitDecompress() else { throw PictureDamage("TurboJPEG does not start") }
    defer { tjDestroy(decoder) }
    let shrinkage = shrinkage(segments.size)
    let size = segments.size.shrunk(by: shrinkage)
    let isCMYK = segments.components == 4
    var pixels = [UInt8](repeating: 0, count: size.rows * size.columns * 4)
    let status = tjDecompress2(
      decoder, segments.bytes, UInt(segments.bytes.count), &pixels, Int32(size.columns), 0, Int32(size.rows),
      Int32((isCMYK ? TJPF_CMYK : TJPF_RGBX).rawValue), TJFLAG_LIMITSCANS)
    if status != 0, let problem = damage(told: decoder) {
      throw PictureDamage(segments.isCutOff ? "the file is cut off" : problem)
    }
    if isCMYK { convertFromCMYK(&pixels) }
    return Picture(fullSize: segments.size, shrinkage: shrinkage, size: size, pixels: pixels)
  }

  /// Inks are stored inverted, as by Adobe's programs: 255 means no ink. So red is cyan times
  /// black, and so on.
  private static func convertFromCMYK(_ pixels: inout [UInt8]) {
    for pixel in stride(from: 0, to: pixels.count, by: 4) {
      let black = Int(pixels[pixel + 3])
      for channel in pixel..<pixel + 3 {
        pixels[channel] = UInt8((Int(pixels[channel]) * black + 127) / 255)
      }
    }
  }

  /// The damage of the pixels; nil for a warning that does not affect pixels.
  ///
  /// libjpeg continues after damage if it can, and warns. Extra bytes after a scan, unknown colour
  /// transforms and unusual orders of progressive scans do not affect pixels.
  private static func damage(told decoder: tjhandle) -> String? {
    let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown"
    let isWarning = tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
    let harmless = ["extraneous bytes", "color transform", "progression sequence"]
    return isWarning && harmless.contains(where: message.contains) ? nil : message
  }
}
