import Files
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
    do throws(RegularFile.Failure) {
      return try RegularFile.read(path, first: limit ?? .max, largest: largest)
    } catch {
      throw unreadable(path, error.reason)
    }
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
    try makeFolder(path, isRepeated: false)
  }

  /// - Parameter isRepeated: whether the folder has vanished before while it was examined.
  private static func makeFolder(_ path: String, isRepeated: Bool) throws(TensorFileError) {
    if mkdir(path, 0o777) == 0 { return }
    // Saved, since Foundation's calls change it.
    var failure = errno
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if failure == ENOENT, parent != path {
      try makeFolder(parent)
      if mkdir(path, 0o777) == 0 { return }
      failure = errno
    }
    var status = stat()
    let reason: String
    if failure != EEXIST {
      reason = systemReason(failure)
    } else if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return }
      reason = "a file of that name is in the way"
    } else if errno != ENOENT {
      reason = systemReason()
    } else if isLink(path) {
      reason = "it is a link to a place where nothing is"
    } else if isRepeated {
      reason = "it is removed at the same time"
    } else {
      return try makeFolder(path, isRepeated: true)
    }
    throw TensorFileError(
      file: path, offset: nil, problem: "cannot make the folder: \(reason)", expected: "a writable place")
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    // The system would follow a link before a slash at the end, which a URL's path does not have.
    return lstat(URL(fileURLWithPath: path).path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Replaces the contents of a file atomically: writes a temporary file in the same folder, syncs
  /// it, and renames it to `path`.
  ///
  /// A symbolic link is replaced, not followed; a device, a pipe or a folder is not replaced.
  package static func write(_ bytes: [UInt8], to path: String) throws(TensorFileError) {
    try replace(path, with: bytes, permissions: nil)
  }

  /// - Parameter permissions: those of the file that is replaced, which is written in place where
  ///   no other file can take its place; nil for those that the user gives to new files
  private static func replace(
    _ path: String, with bytes: [UInt8], permissions: mode_t?
  ) throws(TensorFileError) {
    func fail(_ number: Int32) throws(TensorFileError) {
      // A folder without the right to add files, or a single file that is mounted into a container.
      guard permissions != nil, [EACCES, EPERM, EROFS, EBUSY].contains(number) else {
        throw unwritable(path, systemReason(number))
      }
      try writeInto(path, bytes)
    }
    var status = stat()
    if !isLink(path), stat(path, &status) == 0, let other = RegularFile.otherKind(status) {
      throw unwritable(path, other)
    }
    let (folder, temporary) = temporary(besides: path)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions ?? 0o666)
    guard descriptor >= 0 else { return try fail(errno) }
    var failure: Int32?
    // `open` has left out what the user's mask forbids for new files.
    if let permissions, fchmod(descriptor, permissions) != 0 { failure = errno }
    if failure == nil, !writeAll(bytes, descriptor) || fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0, failure == nil { failure = errno }
    if failure == nil, rename(temporary, path) != 0 { failure = errno }
    if let failure {
      unlink(temporary)
      return try fail(failure)
    }
    // The new name is on the disk only once the folder is synced.
    let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard folderDescriptor >= 0 else {
      // A folder may be writable without being readable; the file is complete.
      if errno == EACCES { return }
      throw unwritable(path, systemReason())
    }
    defer { close(folderDescriptor) }
    // Some file systems cannot sync a folder, and say so with EINVAL.
    if fsync(folderDescriptor) != 0, errno != EINVAL { throw unwritable(path, systemReason()) }
  }

  /// The folder of a path, and the path of a temporary file in it.
  private static func temporary(besides path: String) -> (folder: String, file: String) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    var name = url.lastPathComponent
    // With the rest, it must not be longer than the 255 bytes that a name may have.
    while name.utf8.count > 200 { name.removeLast() }
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    return (folder, folder + "/.\(name).\(unique)\(temporarySuffix)")
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
  /// into a device, a pipe or one of the process's descriptors. A regular file is replaced
  /// atomically, and keeps its permissions.
  ///
  /// All outputs of commands are written by this function. Files in results folders, whose names
  /// the program chooses, are written by ``write(_:to:)``.
  package static func writeOutput(_ bytes: [UInt8], to path: String) throws(TensorFileError) {
    // The file behind a descriptor may have been opened to be appended to.
    if let descriptor = descriptor(named: path) {
      // A reader of standard output that has enough, as `head` has, is no error.
      guard writeAll(bytes, descriptor) || (descriptor == STDOUT_FILENO && errno == EPIPE) else {
        throw unwritable(path, systemReason())
      }
      return
    }
    var status = stat()
    guard stat(path, &status) == 0 else { return try write(bytes, to: followed(path)) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: try replace(followed(path), with: bytes, permissions: status.st_mode & 0o777)
    case S_IFDIR: throw unwritable(path, "it is a folder")
    default: try writeInto(path, bytes)
    }
  }

  /// The number of the process's descriptor that a path names; nil for other paths.
  private static func descriptor(named path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      let prefix = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix)
      return prefix.flatMap { Int32(path.dropFirst($0.count)) }
    }
  }

  /// Writes into what is at a path, without syncing it.
  private static func writeInto(_ path: String, _ bytes: [UInt8]) throws(TensorFileError) {
    // Without O_NONBLOCK opening a named pipe would wait for a reader.
    let descriptor = open(path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC)
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
        Foundation.write(
          descriptor, $0.baseAddress.map { $0 + count }, min($0.count - count, RegularFile.mostAtOnce))
      }
      if written < 0, errno == EINTR { continue }
      // The descriptor may have come from a program that does not wait.
      var output = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if written < 0, errno == EAGAIN, poll(&output, 1, -1) > 0 { continue }
      guard written > 0 else { return false }
      count += written
    }
    return true
  }
}
