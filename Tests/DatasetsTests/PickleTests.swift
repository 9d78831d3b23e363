import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Fixtures by `make-pickles.py`, two images each.
@Suite("CIFAR's pickles")
struct PickleTests {
  private static let folder = Bundle.module.bundlePath + "/Fixtures/pickles"

  private static func file(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
  }

  /// Pixels of a fixture's two images, as the script computes them.
  private static func pixels(_ index: Int) -> [UInt8] {
    (0..<2 * 3072).map { UInt8(truncatingIfNeeded: $0 * (2 * index + 3) + index) }
  }

  @Test("of Python 2 and of every protocol since give the images and labels that were written")
  func batches() throws {
    let data = try CIFAR10(recordsPerFile: 2).load(path: Self.folder)
    #expect(data.train.labels == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9])
    #expect(data.train.pixels == (0..<5).flatMap(Self.pixels))
    #expect(data.test.labels == [5, 9])
    #expect(data.test.pixels == Self.pixels(5))
  }

  @Test("are found in the archive as it was downloaded, and in the folder above")
  func places() throws {
    let names = (1...5).map { "data_batch_\($0)" } + ["test_batch"]
    let files = try names.map { ("cifar-10-batches-py/\($0)", try Self.file($0)) }
    let folder = try TemporaryFolder()
    try folder.write(packed(tarArchive(files)), to: "archive/cifar-10-python.tar.gz")
    for (name, bytes) in files { try folder.write(bytes, to: "above/" + name) }
    let plain = try CIFAR10(recordsPerFile: 2).load(path: Self.folder)
    for path in ["archive", "above"] {
      #expect(try CIFAR10(recordsPerFile: 2).load(path: "\(folder.path)/\(path)").digest == plain.digest)
    }
  }

  /// A batch of two images whose labels are those of a CIFAR-100 file.
  @Test("of a hundred classes give the fine labels")
  func fineLabels() throws {
    var pickle = try Self.file("data_batch_1")
    let key = try #require(Self.range(of: Array("U\u{6}labels".utf8), in: pickle))
    pickle.replaceSubrange(key, with: Array("U\u{B}fine_labels".utf8))
    let folder = try TemporaryFolder(["test": pickle])
    let batches = CIFARBatches(labels: "fine_labels", classes: 100)
    let set = try batches.read([try DataFile(path: folder.path + "/test", source: "")], count: 2)
    #expect(set.labels == [0, 9])
    #expect(
      message { try CIFAR100(testRecords: 1).load(path: folder.path) }?.contains("there is no train.bin")
        == true)
  }

  private static func range(of part: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
    bytes.indices.first { bytes[$0...].starts(with: part) }.map { $0..<$0 + part.count }
  }

  private func errorText(_ pickle: [UInt8], count: Int = 2) -> String? {
    let file = DataFile(stored: pickle, path: "batch", source: nil)
    return message { try CIFARBatches(labels: "labels", classes: 10).read([file], count: count) }
  }

  @Test("that call something are refused, and nothing is called")
  func calls() throws {
    #expect(
      errorText(try Self.file("call"))
        == "batch: byte 56: it calls __builtin__.print, which is never run here;"
        + " expected a batch of 2 images of CIFAR's Python version")
    for text in ["cos\nsystem\n(U\u{2}lstR.", "cposix\nsystem\nU\u{2}ls\u{85}R."] {
      #expect(errorText([0x80, 2] + text.unicodeScalars.map { UInt8($0.value) })?.contains("system") == true)
    }
  }

  @Test("of other data, shapes and labels are refused")
  func others() throws {
    let pickle = try Self.file("data_batch_1")
    func changed(_ part: String, _ other: String) throws -> [UInt8] {
      var copy = pickle
      let bytes = { (text: String) in text.unicodeScalars.map { UInt8($0.value) } }
      copy.replaceSubrange(try #require(Self.range(of: bytes(part), in: pickle)), with: bytes(other))
      return copy
    }
    let expected = "expected a batch of 2 images of CIFAR's Python version"
    #expect(
      errorText(pickle, count: 3)
        == "batch: byte 0: data of shape [2, 3072] and 2 labels; expected a batch of 3 images of CIFAR's Python version"
    )
    #expect(
      try errorText(changed("U\u{6}labels", "U\u{6}labelz"))
        == "batch: byte 0: no `data` and `labels` in it; \(expected)")
    #expect(
      try errorText(changed("K\u{0}K\u{9}e", "K\u{0}K\u{A}e"))
        == "batch: byte 0: label 10 of image 1; expected 0 to 9")
    #expect(
      try errorText(changed("K\u{0}K\u{9}e", "NK\u{9}e"))?.contains("label that is no number of image 0")
        == true)
    for (part, other) in [
      ("U\u{2}u1", "U\u{2}u2"), ("b\u{89}T", "b\u{88}T"),
      ("K\u{2}M\u{0}\u{C}\u{86}", "K\u{3}M\u{0}\u{C}\u{86}"),
    ] {
      #expect(
        try errorText(changed(part, other))?.contains("an array of something else than bytes in rows") == true
      )
    }
    #expect(errorText([0x80, 2, 0x4E, 0x2E]) == "batch: byte 0: no `data` and `labels` in it; \(expected)")
    #expect(
      errorText(Array("(dp0\n.".utf8))?.contains("it does not begin as a pickle of protocol 2 to 5") == true)
  }

  @Test("that nest without end, or refer to what is not there, are refused")
  func nesting() {
    let deep =
      [0x80, 2, UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: 1_000_000) + [UInt8(ascii: ".")]
    #expect(errorText(deep)?.contains("nested too deep") == true)
    let lists =
      [0x80, 2] + [UInt8](repeating: UInt8(ascii: "]"), count: 100_000)
      + [UInt8](repeating: UInt8(ascii: "a"), count: 99_999)
    #expect(errorText(lists + [UInt8(ascii: ".")])?.contains("nested too deep") == true)
    let many = [0x80, 2] + [UInt8](repeating: UInt8(ascii: "N"), count: PickleReader.maximumValues + 1)
    #expect(errorText(many)?.contains("more than \(PickleReader.maximumValues) values") == true)
    for text in [
      "h\u{0}.", "q\u{0}.", "e.", "t.", "a.", "(K\u{1}e.", "s.", "b.", "R.", "]q\u{0}h\u{0}.", ".", "NN.",
      "(.",
    ] {
      #expect(errorText([0x80, 2] + text.unicodeScalars.map { UInt8($0.value) }) != nil, "\(text)")
    }
  }

  @Test(
    "that would copy one long text again and again are refused",
    arguments: [
      "c_codecs\nencode\nh\u{0}\u{85}R", "cnumpy\ndtype\nh\u{0}\u{85}R", "}h\u{0}Ns", "h\u{0}h\u{0}\u{93}",
    ])
  func repetition(_ use: String) {
    // A text of 1024 letters, memoized as number 0.
    let text = [0x80, 2, UInt8(ascii: "T"), 0, 4, 0, 0] + [UInt8](repeating: 65, count: 1024)
    let uses = ("q\u{0}" + use + use + ".").unicodeScalars.map { UInt8($0.value) }
    #expect(errorText(text + uses)?.contains("its texts repeat to more than its length") == true)
  }

  @Test(
    "cut off anywhere, or with any byte changed, never trap",
    arguments: ["data_batch_1", "data_batch_2", "data_batch_5"])
  func mutations(_ name: String) throws {
    let pickle = try Self.file(name)
    for length in stride(from: 0, to: pickle.count, by: 37) {
      #expect(errorText(Array(pickle[..<length])) != nil)
    }
    for index in pickle.indices where index < 400 || index > pickle.count - 200 {
      for value in randomBytes(4, index: index) {
        var changed = pickle
        changed[index] = value
        _ = errorText(changed)
      }
    }
  }
}

@Suite("Tar archives")
struct TarTests {
  @Test("give the contents of regular files by their names, long ones too")
  func contents() throws {
    let long = String(repeating: "d", count: 80) + "/" + String(repeating: "f", count: 90)
    let archive = try TarArchive(
      tarArchive([("./a/b", [1, 2, 3]), (long, randomBytes(1000)), ("empty", [])]))
    #expect(archive.contents("a/b") == [1, 2, 3])
    #expect(archive.contents(long) == randomBytes(1000))
    #expect(archive.contents("empty") == [])
    #expect(archive.contents("a") == nil && !archive.has("b"))
  }

  @Test("with headers that are damaged are refused, and cut off anywhere never trap")
  func damage() throws {
    let sound = tarArchive([("a", randomBytes(700)), ("b", [1])])
    for index in [0, 100, 130, 150, 156, 300] {
      var changed = sound
      changed[index] ^= 1
      #expect(throws: Damage(offset: 0, problem: "a header whose checksum does not fit")) {
        try TarArchive(changed)
      }
    }
    for length in 0..<sound.count { _ = try? TarArchive(Array(sound[..<length])) }
    #expect(throws: Damage(offset: 0, problem: "a file that is longer than the archive")) {
      try TarArchive(Array(sound[..<1000]))
    }
  }
}
