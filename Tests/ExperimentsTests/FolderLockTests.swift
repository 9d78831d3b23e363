import Foundation
import Testing

@testable import Experiments

@Suite("Folder lock")
struct FolderLockTests {
  @Test("a symbolic link in the lock's place is refused, and what it names stays as it was")
  func symbolicLink() throws {
    let folder = try TemporaryFolder()
    let victim = folder.path + "/victim.txt"
    try Data("precious".utf8).write(to: URL(fileURLWithPath: victim))
    #expect(symlink(victim, folder.path + "/lock") == 0)
    let error = #expect(throws: RunError.self) { try FolderLock(folder.path) }
    #expect(
      error?.description
        == "\(folder.path)/lock: is a symbolic link; expected a lock of this program: remove it")
    #expect(try bytes(victim) == Data("precious".utf8))
  }

  @Test("a symbolic link to nothing is refused")
  func danglingLink() throws {
    let folder = try TemporaryFolder()
    #expect(symlink(folder.path + "/missing/lock", folder.path + "/lock") == 0)
    #expect(throws: RunError.self) { try FolderLock(folder.path) }
  }

  @Test("a named pipe and a folder in the lock's place are refused", arguments: [true, false])
  func otherKinds(isPipe: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/lock"
    #expect((isPipe ? mkfifo(path, 0o600) : mkdir(path, 0o700)) == 0)
    #expect(throws: RunError.self) { try FolderLock(folder.path) }
  }

  @Test("a second name of another file is refused, and not written to")
  func hardLink() throws {
    let folder = try TemporaryFolder()
    let victim = folder.path + "/victim.txt"
    try Data("precious".utf8).write(to: URL(fileURLWithPath: victim))
    #expect(link(victim, folder.path + "/lock") == 0)
    #expect(throws: RunError.self) { try FolderLock(folder.path) }
    #expect(try bytes(victim) == Data("precious".utf8))
  }
}
