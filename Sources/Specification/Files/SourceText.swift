#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a file, read safely: never from a device, never more than ``maximumBytes``.
struct SourceText {
  static let maximumBytes = 1 << 20

  var bytes: [UInt8]
  /// Device and inode, which identify the file whatever its path; nil for a text without a file.
  var identity: [UInt64]?

  /// The reason, as the predicate of a sentence about the file.
  struct Unreadable: Error { var reason: String }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads a file that the user has named.
  init(file: String) throws(SpecificationError) {
    do throws(Unreadable) {
      try self.init(path: file)
    } catch {
      throw SpecificationError(Place(file: file), "the file \(error.reason)")
    }
  }

  init(path: String) throws(Unreadable) {
    guard !path.utf8.contains(0) else { throw Unreadable(reason: "the name contains NUL") }
    // Without O_NONBLOCK opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Unreadable(reason: Self.reason(errno, path)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Unreadable(reason: Self.reason(errno, path)) }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw Unreadable(reason: "is a folder, not a file") }
    guard kind == S_IFREG else { throw Unreadable(reason: "is not a regular file") }
    guard status.st_size <= Self.maximumBytes else { throw Unreadable(reason: Self.tooLarge) }
    identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
    bytes = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw Unreadable(reason: Self.reason(errno, path))
      }
      bytes += buffer[..<count]
      guard bytes.count <= Self.maximumBytes else { throw Unreadable(reason: Self.tooLarge) }
    }
  }

  private static let tooLarge = "is larger than 1 MiB"

  private static func reason(_ code: Int32, _ path: String) -> String {
    switch code {
    case ENOENT, ENOTDIR: "does not exist" + extensionHint(path)
    case EACCES, EPERM: "cannot be read: permission denied"
    default: "cannot be read: \(String(cString: strerror(code)))"
    }
  }
}

/// Whether a file or folder exists at a path.
func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// A hint at an existing file whose name has the other extension of YAML files, or one where `path`
/// has none; empty if there is no such file.
func extensionHint(_ path: String) -> String {
  let extensions = [".yaml", ".yml"]
  let stem = extensions.first(where: path.hasSuffix).map { String(path.dropLast($0.count)) } ?? path
  guard let found = extensions.map({ stem + $0 }).first(where: { $0 != path && isThere($0) }) else {
    return ""
  }
  return "; did you mean \(quoted(String(found.split(separator: "/").last ?? ""), limit: 255))?"
}

/// `path` relative to the folder of `file`; absolute paths are unchanged.
func resolve(_ path: String, relativeTo file: String) -> String {
  guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
  return file[...slash] + path
}
