import Foundation

/// Status of a file or folder from the file system.
struct FileStatus: Equatable {
  let size: Int
  /// Time of the last modification, in nanoseconds since 1970.
  let time: Int
  let isFolder: Bool
  let isFile: Bool
  /// Device and inode, which identify the file whatever its path.
  let identity: [UInt64]

  /// Nil, with the reason in `errno`, if there is no such file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    size = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    self.time = Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isFile = status.st_mode & S_IFMT == S_IFREG
    identity = [UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino)]
  }
}
