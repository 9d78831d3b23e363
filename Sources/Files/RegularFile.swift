import Foundation

/// Reads regular files by system calls.
package enum RegularFile {
  /// Why a file was not read.
  package enum Failure: Error, Equatable {
    /// With the reason.
    case unreadable(String)
    /// With its number of bytes.
    case tooLarge(Int)

    /// In words, to follow "cannot read: ".
    package var reason: String {
      switch self {
      case .unreadable(let reason): reason
      case .tooLarge(let bytes): "it has \(bytes) bytes"
      }
    }
  }

  /// The most bytes to read or write by one call: macOS refuses 2 GiB.
  package static let mostAtOnce = 1 << 30

  /// The bytes of a file.
  ///
  /// - Parameters:
  ///   - limit: the number of first bytes to read; by default all
  ///   - largest: the most bytes to read; a file with more is rejected without reading
  ///   - refusal: why a file of this status is not read; nil if it is
  package static func read(
    _ path: String, first limit: Int = .max, largest: Int, refusal: (stat) -> String? = { _ in nil }
  ) throws(Failure) -> [UInt8] {
    // Without O_NONBLOCK opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(systemReason()) }
    if let reason = refusal(status) ?? otherKind(status) { throw .unreadable(reason) }
    let wanted = min(Int(status.st_size), limit)
    guard wanted <= largest else { throw .tooLarge(Int(status.st_size)) }
    return try read(wanted, from: descriptor)
  }

  private static func read(_ wanted: Int, from descriptor: Int32) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: wanted)
    var done = 0
    while done < wanted {
      let count = bytes.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress.map { $0 + done }, min($0.count - done, mostAtOnce))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .unreadable(count < 0 ? systemReason() : "it ends after \(done) of \(wanted) bytes")
      }
      done += count
    }
    return bytes
  }

  /// What something is that is not a regular file: "it is a folder"; nil for a regular file.
  package static func otherKind(_ status: stat) -> String? {
    switch status.st_mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "it is a folder"
    case S_IFIFO: "it is a pipe"
    default: "it is not a regular file"
    }
  }
}

/// The system's words for an error number, by default that of the last call.
package func systemReason(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }

/// Whether an error number says that there is nothing at a path.
package func meansAbsence(_ number: Int32) -> Bool { number == ENOENT || number == ENOTDIR }
