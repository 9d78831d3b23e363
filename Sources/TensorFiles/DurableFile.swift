import Foundation

/// Reads and writes whole files by system calls, with the system's reason in errors.
package enum DurableFile {
  /// The largest file of others. The weights of the largest network here take half a gigabyte.
  package static let largestForeignFile = 1 << 32

  /// The bytes of a file.
  ///
  /// - Parameters:
  ///   - limit: the number of first bytes to read; by default all
  ///   - largest: the most bytes to read; a file with more is rejected without reading
  package static func read(
    _ path: String, first limit: Int? = nil, largest: Int = largestForeignFile
  ) throws(TensorFileError) -> [UInt8] {
    func unreadable(_ reason: String) -> TensorFileError { Self.unreadable(path, reason) }
    // Without O_NONBLOCK opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(systemReason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(other(status)) }
    let wanted = min(Int(status.st_size), limit ?? .max)
    guard wanted <= largest else { throw unreadable("it has \(status.st_size) bytes") }
    var bytes = [UInt8](repeating: 0, count: wanted)
    var count = 0
    while count < bytes.count {
      let read = bytes.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count)
      }
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw unreadable(systemReason()) }
      if read == 0 { break }
      count += read
    }
    return count == bytes.count ? bytes : Array(bytes[..<count])
  }

  /// Bytes of a file.
  static func size(_ path: String) throws(TensorFileError) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw unreadable(path, systemReason()) }
    return Int(status.st_size)
  }

  /// The text of a file; nil if it cannot be read.
  package static func text(_ path: String) -> String? {
    (try? read(path)).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// Makes a folder and its parents, if they do not exist.
  package static func makeFolder(_ path: String) throws(TensorFileError) {
    if mkdir(path, 0o777) == 0 { return }
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if errno == ENOENT, parent != path {
      try makeFolder(parent)
      if mkdir(path, 0o777) == 0 { return }
    }
    var reason = systemReason()
    if errno == EEXIST {
      var status = stat()
      if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
      reason = "a file of that name is in the way"
    }
    throw TensorFileError(
      file: path, offset: nil, problem: "cannot make the folder: \(reason)", expected: "a writable place")
  }

  /// Replaces the contents of a file atomically: writes a temporary file in the same folder, syncs
  /// it, and renames it to `path`.
  ///
  /// A symbolic link is replaced, not followed; a device, a pipe or a folder is not replaced.
  package static func write(_ bytes: [UInt8], to path: String) throws(TensorFileError) {
    try replace(path, with: bytes, permissions: nil)
  }

  /// - Parameter permissions: those of the new file; nil for those that the user gives to new files
  private static func replace(
    _ path: String, with bytes: [UInt8], permissions: mode_t?
  ) throws(TensorFileError) {
    func unwritable(_ reason: String) -> TensorFileError { Self.unwritable(path, reason) }
    var status = stat()
    if lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
      throw unwritable(other(status))
    }
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let temporary = folder + "/.\(url.lastPathComponent).\(unique)\(temporarySuffix)"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions ?? 0o666)
    guard descriptor >= 0 else { throw unwritable(systemReason()) }
    var reason: String?
    // `open` has left out what the user's mask forbids for new files.
    if let permissions, fchmod(descriptor, permissions) != 0 { reason = systemReason() }
    if reason == nil, !writeAll(bytes, descriptor) || fsync(descriptor) != 0 { reason = systemReason() }
    if close(descriptor) != 0, reason == nil { reason = systemReason() }
    if reason == nil, rename(temporary, path) != 0 { reason = systemReason() }
    if let reason {
      unlink(temporary)
      throw unwritable(reason)
    }
    // The new name is on the disk only once the folder is synced.
    let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { throw unwritable(systemReason()) }
    defer { close(folderDescriptor) }
    // Some file systems cannot sync a folder, and say so with EINVAL.
    if fsync(folderDescriptor) != 0, errno != EINVAL { throw unwritable(systemReason()) }
  }

  /// Writes and syncs bytes in a folder, as ``write(_:to:)`` does, to measure the time. The file
  /// has no name, so that nothing is left of it however the process ends.
  ///
  /// - Returns: whether everything was written.
  package static func rehearse(_ bytes: [UInt8], in folder: String) -> Bool {
    let path = folder + "/.\(UInt64.random(in: 0...UInt64.max))\(temporarySuffix)"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return unlink(path) == 0 && writeAll(bytes, descriptor) && fsync(descriptor) == 0
  }

  /// Writes to a path given by the user, like a shell's `>`: follows a symbolic link, and writes
  /// into a device or pipe. A regular file is replaced atomically, and keeps its permissions.
  ///
  /// All outputs of commands are written by this function. Files in results folders, whose names
  /// the program chooses, are written by ``write(_:to:)``.
  package static func writeOutput(_ bytes: [UInt8], to path: String) throws(TensorFileError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return try write(bytes, to: followed(path)) }
    guard status.st_mode & S_IFMT != S_IFREG else {
      return try replace(followed(path), with: bytes, permissions: status.st_mode & 0o777)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw unwritable(path, other(status)) }
    // Without O_NONBLOCK opening a named pipe would wait for a reader.
    let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw unwritable(path, errno == ENXIO ? "no one reads from it" : systemReason())
    }
    defer { close(descriptor) }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    guard writeAll(bytes, descriptor) else { throw unwritable(path, systemReason()) }
  }

  /// The path that symbolic links finally point to, whether it exists or not.
  private static func followed(_ path: String) -> String {
    var path = path
    // The limit of Linux.
    for _ in 0..<40 {
      if let real = realpath(path, nil) {
        defer { free(real) }
        return String(cString: real)
      }
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      path = URL(fileURLWithPath: target, relativeTo: folder).path
    }
    return path
  }

  private static func unreadable(_ path: String, _ reason: String) -> TensorFileError {
    TensorFileError(
      file: path, offset: nil, problem: "cannot read: \(reason)", expected: "a safetensors file")
  }

  private static func unwritable(_ path: String, _ reason: String) -> TensorFileError {
    TensorFileError(
      file: path, offset: nil, problem: "cannot write: \(reason)", expected: "a writable place")
  }

  /// The type of something that is not a regular file.
  private static func other(_ status: stat) -> String {
    switch status.st_mode & S_IFMT {
    case S_IFDIR: "it is a folder"
    case S_IFIFO: "it is a pipe"
    default: "it is not a regular file"
    }
  }

  private static let temporarySuffix = ".espalier-tmp"

  /// Removes leftovers of killed writers in a folder. The caller must keep others from writing
  /// there.
  package static func removeLeftovers(in folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(".") && name.hasSuffix(temporarySuffix) {
      unlink(folder + "/" + name)
    }
  }

  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var count = 0
    while count < bytes.count {
      let written = bytes.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      count += written
    }
    return true
  }

  private static func systemReason() -> String { String(cString: strerror(errno)) }
}
