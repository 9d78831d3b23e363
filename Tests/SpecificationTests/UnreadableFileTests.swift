import Foundation
import TestSupport
import Testing

@testable import Specification

@Suite("Files that cannot be read")
struct UnreadableFileTests {
  @Test("are told apart")
  func kinds() throws {
    let folder = try TemporaryFolder(texts: [
      "big.yaml": String(repeating: "#", count: (1 << 20) + 1), "dir/x": "", "empty.yaml": "",
    ])
    #expect(folder.errors("none.yaml") == ["none.yaml:1:1: the file does not exist"])
    for name in ["empty", "empty.yml"] {
      #expect(
        folder.errors(name) == ["\(name):1:1: the file does not exist; did you mean `empty.yaml`?"])
    }
    #expect(folder.errors("dir") == ["dir:1:1: the file is a folder, not a file"])
    #expect(folder.errors("big.yaml") == ["big.yaml:1:1: the file is larger than 1 MiB"])
    #expect(folder.errors("empty.yaml") == ["empty.yaml:1:1: the file is empty; expected a mapping"])
    #expect(folder.errors("empty.yaml/x") == ["empty.yaml/x:1:1: the file does not exist"])
  }

  @Test("a device or a pipe is refused without waiting for it")
  func device() throws {
    let folder = try TemporaryFolder(texts: ["x": ""])
    #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
    #expect(folder.errors("pipe") == ["pipe:1:1: the file is not a regular file"])
    #expect(throws: SpecificationError.self) {
      try ExperimentFile.load("/dev/zero", catalog: .test, environment: [:])
    }
  }
}
