import Files
import Foundation

/// Reads whole files of pictures.
enum PictureFile {
  /// Larger files are rejected without reading.
  private static let largestFile = 1 << 28

  /// The bytes of a file, or the damage of one that is too large.
  ///
  /// - Parameters:
  ///   - expected: what errors say is expected.
  ///   - refusal: why a file of this status is not read; nil if it is.
  /// - Throws: if it cannot be read.
  static func read(
    _ path: String, expected: String, refusal: (stat) -> String? = { _ in nil }
  ) throws(DatasetError) -> Result<[UInt8], PictureDamage> {
    do throws(RegularFile.Failure) {
      return .success(try RegularFile.read(path, largest: largestFile, refusal: refusal))
    } catch .tooLarge(let bytes) {
      return .failure(PictureDamage("the file has \(bytes) bytes, too many for a picture"))
    } catch {
      throw DatasetError(file: path, problem: "cannot read: \(error.reason)", expected: expected)
    }
  }
}
