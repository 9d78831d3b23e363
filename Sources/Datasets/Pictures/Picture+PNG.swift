import CPNG

extension Picture {
  /// Decodes a PNG file by libpng's simplified API
  /// (http://www.libpng.org/pub/png/libpng-manual.txt, section V).
  static func png(_ file: [UInt8], maximumPixels: Int) throws(PictureDamage) -> Picture {
    let result: Result<Picture, PictureDamage> = PNGChunks.criticalOnly(file).withUnsafeBytes { bytes in
      Result { () throws(PictureDamage) in try png(bytes, maximumPixels) }
    }
    return try result.get()
  }

  /// The bytes must stay valid while the image is in use.
  private static func png(
    _ bytes: UnsafeRawBufferPointer, _ maximumPixels: Int
  ) throws(PictureDamage) -> Picture {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
      throw PictureDamage(message(of: image))
    }
    let size = PictureSize(rows: Int(image.height), columns: Int(image.width))
    try size.check(maximumPixels)
    // Request alpha and ignore it, since libpng would blend with a background otherwise.
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
    // 16 bits per channel have the same meaning as 8.
    image.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
    var pixels = [UInt8](repeating: 0, count: size.rows * size.columns * 4)
    guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else {
      throw PictureDamage(message(of: image))
    }
    return Picture(fullSize: size, shrinkage: 1, size: size, pixels: pixels)
  }

  private static func message(of image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
