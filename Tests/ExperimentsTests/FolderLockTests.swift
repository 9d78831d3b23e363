import Foundation
import Testing

@testable import Experiments

@Suite("Folder lock")
struct FolderLockTests {
  /// What another user may have put in the folder under the lock's name.
  enum Impostor: CaseIterable {
    case symbolicLink, danglingLink, hardLink, pipe, folder

    var message: String {
      switch self {
      case .symbolicLink, .danglingLink:
        "is a symbolic link; expected a lock of this program: remove it"
      case .hardLink: "has another name besides; expected a lock of this program: remove it"
      case .pipe: "is not a regular file; expected a lock of this program: remove it"
      case .folder: "cannot be opened: Is a directory; expected a writable place"
      }
    }

    func make(_ path: String, victim: String) -> Int32 {
      switch self {
      case .symbolicLink: symlink(victim, path)
      case .danglingLink: symlink(victim + "/missing", path)
      case .hardLink: link(victim, path)
      case .pipe: mkfifo(path, 0o600)
      case .folder: mkdir(path, 0o700)
      }
    }
  }

  @Test(
    "what is no lock of this program is refused, and the file that it names stays unchanged",
    arguments: Impostor.allCases)
  func refusal(_ impostor: Impostor) throws {
    let folder = try TemporaryFolder(texts: ["victim.txt": "precious"])
    let path = folder.path + "/lock"
    #expect(impostor.make(path, victim: folder.path + "/victim.txt") == 0)
    let error = #expect(throws: RunError.self) { try FolderLock(folder.path) }
    #expect(error?.description == "\(path): \(impostor.message)")
    #expect(try folder.text("victim.txt") == "precious")
  }
}
