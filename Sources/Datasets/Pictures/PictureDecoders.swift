import CPNG

/// The libraries that decode pictures.
public enum PictureDecoders {
  /// For people.
  public static var versions: String {
    let number = png_access_version_number()
    let png = "\(number / 10000).\(number / 100 % 100).\(number % 100)"
    return "JPEG by libjpeg-turbo, PNG by libpng \(png)"
  }
}
