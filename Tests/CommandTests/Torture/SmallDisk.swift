import Foundation

/// A file system of a few megabytes in memory, mounted on a folder; both are removed with
/// the value. Only for root.
final class SmallDisk {
  static var isPossible: Bool {
    getuid() == 0
      && (try? SmallDisk(
        at: FileManager.default.temporaryDirectory.appendingPathComponent("espalier-\(UUID().uuidString)"),
        kilobytes: 100)) != nil
  }

  private let folder: URL
  private var filler: URL { folder.appendingPathComponent("filler") }

  init(at folder: URL, kilobytes: Int) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.call("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path])
  }

  deinit {
    try? Self.call("umount", ["--lazy", folder.path])
    // Fails if the folder contained files before.
    rmdir(folder.path)
  }

  func makeReadOnly() throws { try Self.call("mount", ["-o", "remount,ro", folder.path]) }
  func makeWritable() throws { try Self.call("mount", ["-o", "remount,rw", folder.path]) }

  /// Takes all space but some.
  func fill(leaving kilobytes: Int) throws {
    var status = statvfs()
    try require(statvfs(folder.path, &status) == 0, "cannot ask for the free space")
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    try Data(count: max(0, free - 1024 * kilobytes)).write(to: filler)
  }

  func free() throws { try FileManager.default.removeItem(at: filler) }

  private static func call(_ name: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try require(process.terminationStatus == 0, "\(name) failed")
  }
}
