import Foundation

/// Reads whole files of pictures.
enum PictureFile {
  /// Files of this size or more are rejected without reading.
  private static let largestFile = 1 << 28

  /// The bytes of a file, or the damage of one that is too large.
  ///
  /// - Parameters:
  ///   - expected: what errors say is expected.
  ///   - refusal: why a file of this status is not read; nil if it is.
  /// - Throws: if it cannot be read.
  static func read(
    _ path: String, expected: String, refusal: (FileStatus) -> String?
  ) throws(DatasetError) -> Result<[UInt8], PictureDamage> {
    func unreadable(_ reason: String) -> DatasetError {
      DatasetError(file: path, problem: "cannot read: \(reason)", expected: expected)
    }
    // Without O_NONBLOCK opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    guard let status = FileStatus(descriptor: descriptor) else {
      throw unreadable(String(cString: strerror(errno)))
    }
    if let reason = refusal(status) { throw unreadable(reason) }
    guard status.size < largestFile else {
      return .failure(PictureDamage("the file has \(status.size) bytes, too many for a picture"))
    }
    var bytes = [UInt8](repeating: 0, count: status.size)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
      }
      guard count > 0 || (count < 0 && errno == EINTR) else {
        throw unreadable(count < 0 ? String(cString: strerror(errno)) : "it ends after \(done) bytes")
      }
      done += max(0, count)
    }
    return .success(bytes)
  }
}
