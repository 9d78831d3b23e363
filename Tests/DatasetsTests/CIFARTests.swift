import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite("CIFAR files")
struct CIFARTests {
  /// Records of label bytes and 3072 random pixels.
  static func records(_ labels: [[UInt8]], index: Int) -> [UInt8] {
    labels.enumerated().flatMap { $1 + randomBytes(3072, index: 100 * index + $0) }
  }

  static let names10 = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]

  static var files10: [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for (index, name) in names10.enumerated() { files[name] = records([[UInt8(index)], [9]], index: index) }
    return files
  }

  static let files100 = [
    "train.bin": records((0..<5).map { [19, 99 - $0] }, index: 7), "test.bin": records([[0, 42]], index: 8),
  ]

  static let source10 = "cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html"
  static let layout10 =
    "`dataset.path` to have data_batch_1.bin and so on, or cifar-10-batches-py, or one of the archives as downloaded"

  @Test("of ten classes are read in order, plain and packed")
  func cifar10() throws {
    let gzip = Dictionary(uniqueKeysWithValues: Self.files10.map { ($0.key + ".gz", packed($0.value)) })
    for files in [Self.files10, gzip] {
      let folder = try TemporaryFolder(files)
      let dataset = try CIFAR10(recordsPerFile: 2).load(path: folder.path)
      #expect(dataset.train.labels == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9])
      #expect(dataset.test.labels == [5, 9])
      #expect(Array(dataset.train.pixels[3 * 3072..<4 * 3072]) == randomBytes(3072, index: 101))
      #expect(dataset.test.pixels.count == 2 * 3072)
      #expect(dataset.classNames[3] == "cat")
    }
  }

  @Test("of a hundred classes give the fine label")
  func cifar100() throws {
    let folder = try TemporaryFolder(Self.files100)
    let dataset = try CIFAR100(testRecords: 1).load(path: folder.path)
    #expect(dataset.train.labels == [99, 98, 97, 96, 95])
    #expect(dataset.test.labels == [42])
    #expect(dataset.train.pixels.prefix(3072) == randomBytes(3072, index: 700)[...])
    #expect(dataset.classNames.count == 100)
    #expect(dataset.classNames == dataset.classNames.sorted())
    #expect(Set(dataset.classNames).count == 100)
  }

  @Test("that are damaged are refused with file, byte, finding, expectation and source")
  func damaged() throws {
    func message10(_ name: String, _ change: (inout [UInt8]) -> Void) throws -> String? {
      var files = Self.files10
      var bytes = files[name] ?? []
      change(&bytes)
      files[name] = bytes
      let folder = try TemporaryFolder(files)
      let text = message { try CIFAR10(recordsPerFile: 2).load(path: folder.path) }
      return text?.replacingOccurrences(of: folder.path, with: "F").replacingOccurrences(
        of: Self.source10, with: "it")
    }
    #expect(
      try message10("data_batch_3.bin") { $0.removeLast(3073) }
        == "F/data_batch_3.bin: byte 3073: the data ends after 3073 bytes; expected 6146 for 2 records of 3073; get it"
    )
    #expect(
      try message10("test_batch.bin") { $0.append(0) }
        == "F/test_batch.bin: byte 6146: there are bytes after the last of 2 records of 3073; "
        + "expected the data to end here; get it")
    #expect(
      try message10("data_batch_5.bin") { $0[3073] = 10 }
        == "F/data_batch_5.bin: byte 3073: label 10 of record 1; expected 0 to 9; get it")
    #expect(
      try message10("data_batch_1.bin") { $0 = packed($0).dropLast() }?.hasSuffix(
        ": the gzip data is cut off; expected a whole gzip file; get it") == true)

    func message100(_ name: String, _ offset: Int, _ value: UInt8) throws -> String? {
      var files = Self.files100
      files[name]?[offset] = value
      let folder = try TemporaryFolder(files)
      return message { try CIFAR100(testRecords: 1).load(path: folder.path) }
    }
    #expect(
      try message100("train.bin", 3074, 20)?
        .contains(
          "/train.bin: byte 3074: coarse label 20 of record 1; expected 0 to 19; get cifar-100-binary")
        == true)
    #expect(
      try message100("test.bin", 1, 100)?
        .contains("/test.bin: byte 1: fine label 100 of record 0; expected 0 to 99; get cifar-100-binary")
        == true)
  }

  @Test("that unpack to more than is read say so, and are not called damaged")
  func largeArchives() throws {
    let file = DataFile(stored: packed(randomBytes(300)), path: "a.tar.gz", source: nil)
    #expect(try file.whole(limit: 300).count == 300)
    #expect(
      message { try file.whole(limit: 299) }
        == "a.tar.gz (unpacked): it has more than 299 bytes; expected fewer, as the official files have")
  }

  @Test("that are missing are named, and files of the wrong length are not taken for the official ones")
  func missing() throws {
    var files = Self.files10
    files["data_batch_4.bin"] = nil
    let folder = try TemporaryFolder(files)
    let error =
      "\(folder.path): there is no data_batch_4.bin, compressed or not; found `data_batch_1.bin`, `data_batch_2.bin`,"
      + " `data_batch_3.bin`, `data_batch_5.bin` and 1 more; expected \(Self.layout10); get \(Self.source10)"
    #expect(message { try CIFAR10(recordsPerFile: 2).load(path: folder.path) } == error)
    try folder.write([1], to: "data_batch_4.bin")
    #expect(
      message { try CIFAR10().load(path: folder.path) }?
        .contains("the data ends after 6146 bytes; expected 30730000 for 10000 records of 3073") == true)
  }

  @Test("in a folder that may only be listed are not called missing", .enabled(if: geteuid() != 0))
  func unsearchable() throws {
    let folder = try TemporaryFolder()
    for (name, bytes) in Self.files10 { try folder.write(bytes, to: "cifar-10-batches-bin/\(name)") }
    let inner = folder.path + "/cifar-10-batches-bin"
    #expect(chmod(inner, 0o444) == 0)
    defer { chmod(inner, 0o700) }
    for (path, file) in [(folder.path, inner), (inner, inner + "/data_batch_1.bin")] {
      #expect(
        message { try CIFAR10(recordsPerFile: 2).load(path: path) }
          == "\(file): cannot read: Permission denied; expected \(Self.layout10); get \(Self.source10)")
    }
  }

  @Test(
    "are found in a folder above, in archives as downloaded, and named when they are beside the folder asked for"
  )
  func places() throws {
    let folder = try TemporaryFolder()
    for (name, bytes) in Self.files10 { try folder.write(bytes, to: "a/cifar-10-batches-bin/\(name)") }
    let plain = try CIFAR10(recordsPerFile: 2).load(path: folder.path + "/a/cifar-10-batches-bin")
    let archive = tarArchive(
      Self.files10.map { ("cifar-10-batches-bin/\($0.key)", $0.value) } + [
        ("cifar-10-batches-bin/readme", [1])
      ])
    try folder.write(packed(archive), to: "b/cifar-10-binary.tar.gz")
    try folder.write(archive, to: "c/renamed.tar")
    for path in ["a", "b", "b/cifar-10-binary.tar.gz", "c/renamed.tar"] {
      let found = try CIFAR10(recordsPerFile: 2).load(path: "\(folder.path)/\(path)")
      #expect(found.digest == plain.digest)
    }
    func errorText(_ path: String) -> String? {
      message { try CIFAR10(recordsPerFile: 2).load(path: "\(folder.path)/\(path)") }?
        .replacingOccurrences(of: folder.path, with: "F")
    }
    let wanted = "expected \(Self.layout10); get \(Self.source10)"
    #expect(errorText("d/cifar-10") == "F/d/cifar-10: it does not exist; \(wanted)")
    #expect(
      errorText("b/cifar-10-batches-bin")
        == "F/b/cifar-10-batches-bin: it does not exist; did you mean `F/b/cifar-10-binary.tar.gz`?; \(wanted)"
    )
    try folder.write(Array("PK\u{3}\u{4}".utf8), to: "e/cifar-10.zip")
    #expect(
      errorText("e")?.contains(
        "F/e: there is no data_batch_1.bin in it; found `cifar-10.zip`, a zip archive, as PyTorch's") == true)
    #expect(
      errorText("e/cifar-10.zip")?.hasPrefix("F/e/cifar-10.zip: it is a zip archive, as PyTorch's") == true)
    try folder.write(packed(Array(archive.dropLast(5000))), to: "f/cifar-10-binary.tar.gz")
    #expect(
      errorText("f")?.contains("(unpacked): byte ") == true
        && errorText("f")?.contains("a file that is longer than the archive; expected a tar archive") == true)
    try folder.write(tarArchive([("readme", [1])]), to: "f/other.tar")
    #expect(
      errorText("f/other.tar")
        == "F/f/other.tar: there is neither cifar-10-batches-bin nor cifar-10-batches-py in the archive;"
        + " expected one of them; get \(Self.source10)")
    let partial = tarArchive(
      Self.files10.filter { $0.key < "data_batch_3" }.map { ("cifar-10-batches-bin/\($0.key)", $0.value) })
    try folder.write(partial, to: "f/partial.tar")
    #expect(
      errorText("f/partial.tar")?.hasPrefix(
        "F/f/partial.tar: there is no cifar-10-batches-bin/data_batch_3.bin in the archive") == true)
  }
}
