import CPNG
import CZlib

/// The libraries that decode pictures.
public enum PictureDecoders {
  /// For people.
  public static var versions: String {
    let number = png_access_version_number()
    let png = "\(number / 10000).\(number / 100 % 100).\(number % 100)"
    return "JPEG by libjpeg-turbo (a test picture gives \(fingerprint)), PNG by libpng \(png)"
  }

  /// Digest of the values of a small embedded JPEG, which differ between some versions of
  /// libjpeg-turbo. PNG files have exact values.
  ///
  /// The picture has 21x18 pixels and half as many rows and columns of colours, as from a camera.
  /// Pillow wrote it.
  public static let fingerprint = digest(of: PackageResources.decoder_jpg)

  /// Digest of the values of a JPEG, decoded at its size and at half of it: hexadecimal digits.
  static func digest(of file: [UInt8]) -> String {
    let values = [1, 2].flatMap { shrinkage -> [UInt8] in
      let picture = try? Picture(file) { _ in shrinkage }
      // Every fourth byte is unused.
      return (picture?.pixels ?? []).enumerated().filter { $0.offset % 4 != 3 }.map(\.element)
    }
    return String(crc32_z(0, values, z_size_t(values.count)), radix: 16)
  }
}
