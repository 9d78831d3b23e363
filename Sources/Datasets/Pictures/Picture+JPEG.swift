import CTurboJPEG

extension Picture {
  /// Decodes a JPEG file by the TurboJPEG API of libjpeg-turbo (https://libjpeg-turbo.org/Documentation/Documentation).
  ///
  /// To shrink a picture, its blocks of 8x8 pixels are transformed into smaller ones, which takes less time than all
  /// of them.
  static func jpeg(_ file: [UInt8], shrinkage: (PictureSize) -> Int) throws(PictureDamage) -> Picture {
    guard let decoder = tjInitDecompress() else { throw PictureDamage("TurboJPEG does not start") }
    defer { tjDestroy(decoder) }
    var (columns, rows, subsampling, colours) = (Int32(0), Int32(0), Int32(0), Int32(0))
    try check(
      tjDecompressHeader3(decoder, file, UInt(file.count), &columns, &rows, &subsampling, &colours), decoder)
    let fullSize = PictureSize(rows: Int(rows), columns: Int(columns))
    try fullSize.check()
    let shrinkage = shrinkage(fullSize)
    let size = fullSize.shrunk(by: shrinkage)
    let isCMYK = [TJCS_CMYK, TJCS_YCCK].contains { Int32($0.rawValue) == colours }
    var pixels = [UInt8](repeating: 0, count: size.rows * size.columns * 4)
    try check(
      tjDecompress2(
        decoder, file, UInt(file.count), &pixels, Int32(size.columns), 0, Int32(size.rows),
        Int32((isCMYK ? TJPF_CMYK : TJPF_RGBX).rawValue), TJFLAG_LIMITSCANS), decoder)
    if isCMYK { convertFromCMYK(&pixels) }
    return Picture(fullSize: fullSize, shrinkage: shrinkage, size: size, pixels: pixels)
  }

  /// Inks are stored inverted, as Adobe's programs do it: 255 is none. So red is cyan times black, and so on.
  private static func convertFromCMYK(_ pixels: inout [UInt8]) {
    for pixel in stride(from: 0, to: pixels.count, by: 4) {
      let black = Int(pixels[pixel + 3])
      for channel in pixel..<pixel + 3 {
        pixels[channel] = UInt8((Int(pixels[channel]) * black + 127) / 255)
      }
    }
  }

  /// libjpeg goes on after a damage where it can, and warns. Every warning counts as damage here, but for stray bytes
  /// between segments, which many programs leave and none minds.
  private static func check(_ status: Int32, _ decoder: tjhandle) throws(PictureDamage) {
    guard status != 0 else { return }
    let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "error \(status)"
    if tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue), message.contains("extraneous bytes") {
      return
    }
    throw PictureDamage(message)
  }
}
