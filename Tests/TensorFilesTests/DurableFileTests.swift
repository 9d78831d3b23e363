import Foundation
import TestSupport
import Testing

@testable import TensorFiles

@Suite("Durable files")
struct DurableFileTests {
  @Test("replace what was there, and leave nothing else")
  func replaces() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    for bytes in [[1, 2, 3], [], [UInt8](repeating: 7, count: 1 << 20)] as [[UInt8]] {
      try DurableFile.write(bytes, to: path)
      #expect(try DurableFile.read(path) == bytes)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
  }

  @Test("leave nothing of a rehearsed write, nor of one in a folder that is missing")
  func rehearsal() throws {
    let folder = try TemporaryFolder()
    #expect(DurableFile.rehearse([1, 2, 3], in: folder.path))
    #expect(!DurableFile.rehearse([1, 2, 3], in: folder.path + "/nowhere"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("that killed writers have left are removed, and nothing else")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    for name in [".file.1abc.espalier-tmp", "file.espalier-tmp", ".file", "file"] {
      try Data([1]).write(to: URL(fileURLWithPath: folder.path + "/" + name))
    }
    DurableFile.removeLeftovers(in: folder.path)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.sorted() == [".file", "file", "file.espalier-tmp"])
    DurableFile.removeLeftovers(in: folder.path + "/nowhere")
  }

  @Test("a write that fails leaves the old file, and nothing else")
  func failure() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    try DurableFile.write([7], to: path)
    // The bytes are written, but a file cannot be renamed to what must be a folder.
    #expect(message { try DurableFile.write([1], to: path + "/") }?.contains("Not a directory") == true)
    #expect(try DurableFile.read(path) == [7])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
  }

  @Test("what is no regular file is refused at once: a pipe would be waited for, a device would not end")
  func specialFiles() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, "/dev/zero", folder.path, folder.path + "/none"] {
      #expect(throws: TensorFileError.self, "\(path)") { try DurableFile.read(path) }
    }
  }

  @Test("what is no regular file is not replaced by one; a symbolic link is, and what it names stays")
  func replacesNothingElse() throws {
    let folder = try TemporaryFolder()
    let (pipe, link, named) = (folder.path + "/pipe", folder.path + "/link", folder.path + "/named")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(message { try DurableFile.write([1], to: pipe) }?.contains("it is a pipe") == true)
    #expect(message { try DurableFile.write([1], to: folder.path) }?.contains("it is a folder") == true)
    try DurableFile.write([7], to: named)
    #expect(symlink(named, link) == 0)
    try DurableFile.write([1], to: link)
    #expect(try DurableFile.read(named) == [7])
    #expect(
      try FileManager.default.attributesOfItem(atPath: pipe)[.type] as? FileAttributeType != .typeRegular)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
  }

  @Test("an output goes through a symbolic link, and into a pipe that someone reads")
  func outputs() throws {
    let folder = try TemporaryFolder()
    let (pipe, link, named) = (folder.path + "/pipe", folder.path + "/link", folder.path + "/named")
    try DurableFile.write([7], to: named)
    #expect(symlink(named, link) == 0)
    try DurableFile.writeOutput([1, 2], to: link)
    #expect(try DurableFile.read(named) == [1, 2])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == named)
    let (first, second) = (folder.path + "/first", folder.path + "/second")
    #expect(symlink("second", first) == 0 && symlink("later", second) == 0)
    try DurableFile.writeOutput([6], to: first)
    #expect(try DurableFile.read(folder.path + "/later") == [6], "a link to a missing file")
    #expect(symlink("loop", folder.path + "/loop") == 0)
    try DurableFile.writeOutput([6], to: folder.path + "/loop")
    try DurableFile.writeOutput([3], to: folder.path + "/new")
    #expect(try DurableFile.read(folder.path + "/new") == [3])

    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(message { try DurableFile.writeOutput([1], to: pipe) }?.contains("no one reads from it") == true)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try DurableFile.writeOutput([4, 5], to: pipe)
    var bytes = [UInt8](repeating: 0, count: 8)
    #expect(read(reader, &bytes, bytes.count) == 2 && bytes.starts(with: [4, 5]))
    #expect(message { try DurableFile.writeOutput([1], to: folder.path) }?.contains("a folder") == true)
    #expect(throws: TensorFileError.self) { try DurableFile.write([1], to: "") }
  }

  @Test("an output to a descriptor is added to what its file has")
  func descriptors() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/all"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(descriptor) }
    for place in ["/dev/fd", "/proc/self/fd"] {
      try DurableFile.writeOutput([1, 2], to: "\(place)/\(descriptor)")
    }
    #expect(try DurableFile.read(path) == [1, 2, 1, 2])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["all"])
    #expect(message { try DurableFile.writeOutput([1], to: "/dev/fd/\(Int32.max)") } != nil)
  }

  @Test("a folder is not made where a file or a link to nowhere is, which the error says")
  func folders() throws {
    let folder = try TemporaryFolder(texts: ["file": ""])
    #expect(symlink("nowhere", folder.path + "/link") == 0)
    #expect(symlink("loop", folder.path + "/loop") == 0)
    for (name, reason) in [
      ("file", "a file of that name is in the way"), ("link", "it is a link to a place where nothing is"),
      ("link/in", "it is a link to a place where nothing is"), ("loop", "Too many levels of symbolic links"),
    ] {
      let error = message { try DurableFile.makeFolder("\(folder.path)/\(name)") }
      #expect(error?.contains(": cannot make the folder: \(reason)") == true, "\(error ?? "")")
    }
    try DurableFile.makeFolder(folder.path + "/new/in")
    #expect(folder.has("new/in"))
  }

  @Test("are written to a folder that cannot be listed", .enabled(if: geteuid() != 0))
  func unlistable() throws {
    let folder = try TemporaryFolder()
    #expect(chmod(folder.path, 0o300) == 0)
    defer { chmod(folder.path, 0o700) }
    try DurableFile.write([1], to: folder.path + "/file")
    #expect(try DurableFile.read(folder.path + "/file") == [1])
  }

  @Test("may have names as long as file systems allow")
  func longNames() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "é", count: 125)
    try DurableFile.write([1], to: "\(folder.path)/\(name)")
    try DurableFile.writeOutput([2], to: "\(folder.path)/\(name)")
    #expect(try DurableFile.read("\(folder.path)/\(name)") == [2])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
  }

  @Test("an output keeps the permissions of the file that it replaces", arguments: [mode_t(0o600), 0o666])
  func permissions(_ permissions: mode_t) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    try DurableFile.writeOutput([1], to: path)
    #expect(chmod(path, permissions) == 0)
    try DurableFile.writeOutput([2, 3], to: path)
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == permissions)
    #expect(try DurableFile.read(path) == [2, 3])
  }

  @Test("one that claims terabytes is refused, not read, unless the reader knows how large it may be")
  func hugeFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/huge"
    try Data([1]).write(to: URL(fileURLWithPath: path))
    #expect(truncate(path, 1 << 42) == 0)
    #expect(message { try DurableFile.read(path) }?.contains("it has 4398046511104 bytes") == true)
    #expect(truncate(path, 3) == 0)
    #expect(message { try DurableFile.read(path, largest: 2) }?.contains("it has 3 bytes") == true)
    #expect(try DurableFile.read(path, largest: 3) == [1, 0, 0])
  }
}
