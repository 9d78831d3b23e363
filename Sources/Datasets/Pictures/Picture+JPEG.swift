import CTurboJPEG

extension Picture {
  /// Decodes a JPEG file by the TurboJPEG API of libjpeg-turbo
  /// (https://libjpeg-turbo.org/Documentation/Documentation).
  ///
  /// To shrink a picture, its blocks of 8x8 pixels are transformed into smaller ones, which takes
  /// less time than all of them.
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

  /// Inks are stored inverted, as Adobe's programs do it: 255 is none. So red is cyan times black,
  /// and so on.
  private static func convertFromCMYK(_ pixels: inout [UInt8]) {
    for pixel in stride(from: 0, to: pixels.count, by: 4) {
      let black = Int(pixels[pixel + 3])
      for channel in pixel..<pixel + 3 {
        pixels[channel] = UInt8((Int(pixels[channel]) * black + 127) / 255)
      }
    }
  }

  /// What is wrong with the pixels; nil for a warning that leaves all of them there.
  ///
  /// libjpeg goes on after a damage where it can, and warns. Bytes that are left over after a scan,
  /// unknown colour transforms and unusual orders of progressive scans change nothing.
  private static func damage(told decoder: tjhandle) -> String? {
    let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown"
    let isWarning = tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
    let harmless = ["extraneous bytes", "color transform", "progression sequence"]
    return isWarning && harmless.contains(where: message.contains) ? nil : message
  }
}
