import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite("IDX files")
struct IDXTests {
  static let trainPixels = randomBytes(3 * 784, index: 1), testPixels = randomBytes(2 * 784, index: 2)
  static let trainImages = bigEndian([0x803, 3, 28, 28]) + trainPixels
  static let trainLabels = bigEndian([0x801, 3]) + [9, 0, 4]
  static let testImages = bigEndian([0x803, 2, 28, 28]) + testPixels
  static let testLabels = bigEndian([0x801, 2]) + [1, 1]

  /// Sound files, as `name: bytes`.
  static let sound = [
    "train-images-idx3-ubyte": trainImages, "train-labels-idx1-ubyte": trainLabels,
    "t10k-images-idx3-ubyte": testImages, "t10k-labels-idx1-ubyte": testLabels,
  ]

  static let source = MNIST.source
  static let layout = "`dataset.path` to have the four files, such as train-images-idx3-ubyte.gz"

  static func expectSound(_ dataset: Dataset) {
    #expect(
      dataset.train
        == ImageSet(channels: 1, rows: 28, columns: 28, pixels: trainPixels, labels: [9, 0, 4]))
    #expect(
      dataset.test == ImageSet(channels: 1, rows: 28, columns: 28, pixels: testPixels, labels: [1, 1]))
    #expect(dataset.classNames.count == 10)
  }

  @Test(
    "are read plain, packed in one part or several, with a dot in the name, and unpacked under a packed file's name"
  )
  func spellings() throws {
    let dotted = Dictionary(
      uniqueKeysWithValues: Self.sound.map {
        ($0.key.replacingOccurrences(of: "-idx", with: ".idx"), $0.value)
      })
    let gzip = Dictionary(uniqueKeysWithValues: Self.sound.map { ($0.key + ".gz", packed($0.value)) })
    let parts = Dictionary(
      uniqueKeysWithValues: Self.sound.map { name, bytes in
        (name, packed(Array(bytes[..<9])) + packed(Array(bytes[9...])) + [UInt8](repeating: 0, count: 512))
      })
    let misnamed = Dictionary(uniqueKeysWithValues: Self.sound.map { ($0.key + ".gz", $0.value) })
    for files in [Self.sound, dotted, gzip, parts, misnamed] {
      let folder = try TemporaryFolder(files)
      Self.expectSound(try MNIST().load(path: folder.path))
      Self.expectSound(try FashionMNIST().load(path: folder.path))
    }
  }

  @Test("are found beside and within folders of their names, and where torchvision puts them")
  func places() throws {
    let folder = try TemporaryFolder()
    for (name, bytes) in Self.sound {
      try folder.write(bytes, to: "kaggle/\(name)/\(name)")
      try folder.write(bytes, to: "both/" + name.replacing("-idx", with: ".idx"))
      try folder.write([1], to: "both/\(name)/\(name).txt")
      try folder.write(packed(bytes), to: "root/MNIST/raw/\(name).gz")
      try folder.write(packed(bytes), to: "root/FashionMNIST/raw/\(name).gz")
    }
    for name in ["kaggle", "both", "root", "root/MNIST", "root/MNIST/raw"] {
      Self.expectSound(try MNIST().load(path: "\(folder.path)/\(name)"))
    }
    Self.expectSound(try FashionMNIST().load(path: folder.path + "/root"))
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]?
    var message: String
    var testDescription: String { message }

    init(_ name: String, _ bytes: [UInt8]?, _ message: String) {
      self.name = name
      self.bytes = bytes
      self.message = message
    }
  }

  static let damages: [Damage] = [
    Damage(
      "train-images-idx3-ubyte", nil,
      ": there is no train-images-idx3-ubyte, compressed or not; found `t10k-images-idx3-ubyte`,"
        + " `t10k-labels-idx1-ubyte` and `train-labels-idx1-ubyte`; expected \(layout)"),
    Damage(
      "t10k-labels-idx1-ubyte", nil,
      ": there is no t10k-labels-idx1-ubyte, compressed or not; found `t10k-images-idx3-ubyte`,"
        + " `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`; expected \(layout)"),
    Damage(
      "train-images-idx3-ubyte", [],
      "/train-images-idx3-ubyte: byte 0: the data ends after 0 bytes; expected a header of 16 bytes"),
    Damage(
      "train-images-idx3-ubyte", bigEndian([0x803, 3, 28]),
      "/train-images-idx3-ubyte: byte 12: the data ends after 12 bytes; expected a header of 16 bytes"),
    Damage(
      "train-images-idx3-ubyte", trainLabels + randomBytes(20),
      "/train-images-idx3-ubyte: byte 0: magic number 2049; expected 2051, an IDX file of images"),
    Damage(
      "train-labels-idx1-ubyte", trainImages,
      "/train-labels-idx1-ubyte: byte 0: magic number 2051; expected 2049, an IDX file of labels"),
    Damage(
      "train-images-idx3-ubyte", bigEndian([0x803, 0, 28, 28]),
      "/train-images-idx3-ubyte: byte 4: 0 images; expected 1 to 1000000"),
    Damage(
      "train-images-idx3-ubyte", bigEndian([0x803, 0xFFFF_FFFF, 28, 28]),
      "/train-images-idx3-ubyte: byte 4: 4294967295 images; expected 1 to 1000000"),
    Damage(
      "train-images-idx3-ubyte", bigEndian([0x803, 3, 28, 32]) + trainPixels,
      "/train-images-idx3-ubyte: byte 8: images of 28 rows and 32 columns; expected 28 and 28"),
    Damage(
      "train-images-idx3-ubyte", Array(trainImages.dropLast()),
      "/train-images-idx3-ubyte: byte 2367: the data ends after 2367 bytes; expected 2368 for 3 images of 28x28"
    ),
    Damage(
      "train-images-idx3-ubyte", trainImages + [0],
      "/train-images-idx3-ubyte: byte 2368: there are bytes after the last of 3 images of 28x28; "
        + "expected the data to end here"),
    Damage(
      "train-labels-idx1-ubyte", Array(trainLabels.dropLast()),
      "/train-labels-idx1-ubyte: byte 10: the data ends after 10 bytes; expected 11 for 3 labels"),
    Damage(
      "train-labels-idx1-ubyte", trainLabels + [1],
      "/train-labels-idx1-ubyte: byte 11: there are bytes after the last of 3 labels; expected the data to end here"
    ),
    Damage(
      "train-labels-idx1-ubyte", bigEndian([0x801, 3]) + [9, 10, 4],
      "/train-labels-idx1-ubyte: byte 9: label 10 of image 1; expected 0 to 9"),
    Damage(
      "t10k-images-idx3-ubyte", packed(testImages).dropLast(9),
      "/t10k-images-idx3-ubyte: byte \(packed(testImages).count - 9): the gzip data is cut off; "
        + "expected a whole gzip file"),
    Damage(
      "t10k-images-idx3-ubyte", packed(testImages) + [1, 2, 3],
      "/t10k-images-idx3-ubyte: byte \(packed(testImages).count): 3 bytes after the gzip data; "
        + "expected a whole gzip file"),
    Damage(
      "t10k-images-idx3-ubyte", packed(testImages + [7]),
      "/t10k-images-idx3-ubyte (unpacked): byte 1584: there are bytes after the last of 2 images of 28x28; "
        + "expected the data to end here"),
    Damage(
      "t10k-images-idx3-ubyte", packed(Array(testImages.dropLast(84))),
      "/t10k-images-idx3-ubyte (unpacked): byte 1500: the data ends after 1500 bytes; "
        + "expected 1584 for 2 images of 28x28"),
    Damage(
      "train-labels-idx1-ubyte",
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8),
      "/train-labels-idx1-ubyte: it is a Git LFS pointer, not the file itself: `git lfs pull` fetches it; "
        + "expected 2049, an IDX file of labels"),
    Damage(
      "train-images-idx3-ubyte", Array("<!DOCTYPE html>\n<p>Not found</p>".utf8),
      "/train-images-idx3-ubyte: it is an HTML page, such as a server's message in place of a download; "
        + "expected 2051, an IDX file of images"),
    Damage(
      "t10k-images-idx3-ubyte", [0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 0, 0],
      "/t10k-images-idx3-ubyte: byte 4: the gzip data is damaged (unknown compression method); "
        + "expected a whole gzip file"),
  ]

  @Test("that are damaged are refused with file, byte, finding, expectation and source", arguments: damages)
  func refused(_ damage: Damage) throws {
    var files = Self.sound
    files[damage.name] = damage.bytes
    let folder = try TemporaryFolder(files)
    #expect(
      message { try MNIST().load(path: folder.path) } == folder.path + damage.message + "; get " + Self.source
    )
  }

  @Test("with more labels than images name both files")
  func counts() throws {
    let folder = try TemporaryFolder(Self.sound)
    try folder.write(bigEndian([0x801, 4]) + [1, 2, 3, 4], to: "train-labels-idx1-ubyte")
    #expect(
      message { try MNIST().load(path: folder.path) }
        == "\(folder.path)/train-labels-idx1-ubyte: byte 4: 4 labels; expected 3, as many as "
        + "\(folder.path)/train-images-idx3-ubyte has images; get \(Self.source)")
  }

  @Test("with a packed checksum that does not fit are refused")
  func checksum() throws {
    var bytes = packed(Self.testLabels)
    bytes[bytes.count - 8] ^= 1
    var files = Self.sound
    files["t10k-labels-idx1-ubyte"] = bytes
    let folder = try TemporaryFolder(files)
    #expect(
      message { try MNIST().load(path: folder.path) }?
        .contains(
          "/t10k-labels-idx1-ubyte: byte \(bytes.count - 4): the gzip data is damaged (incorrect data check)")
        == true)
  }

  @Test("a missing folder, a file for a folder, and a folder of something else are refused")
  func paths() throws {
    let folder = try TemporaryFolder(["file": [1]])
    func errorText(_ path: String) -> String? {
      message { try MNIST().load(path: path) }?.replacingOccurrences(of: folder.path, with: "F")
    }
    let wanted = "expected \(Self.layout); get \(Self.source)"
    #expect(errorText(folder.path + "/none") == "F/none: it does not exist; \(wanted)")
    try folder.write([1], to: "MNIST/raw/x")
    #expect(
      errorText(folder.path + "/mnist") == "F/mnist: it does not exist; did you mean `F/MNIST`?; \(wanted)")
    #expect(errorText(folder.path + "/file") == "F/file: it is not a folder; \(wanted)")
    try folder.write(Array("PAR1".utf8), to: "sub/train-00000.parquet")
    try folder.write([1], to: "sub/train-images-idx3-ubyte/readme")
    #expect(
      errorText(folder.path + "/sub")
        == "F/sub: there is no train-images-idx3-ubyte, compressed or not; found `train-00000.parquet`, a Parquet table"
        + " and `train-images-idx3-ubyte/`; \(wanted)")
  }

  @Test("that cannot be examined are not called missing")
  func unexaminable() throws {
    let folder = try TemporaryFolder(Self.sound)
    let file = folder.path + "/t10k-labels-idx1-ubyte"
    try FileManager.default.removeItem(atPath: file)
    // Nobody may follow it, whatever the rights of the user are.
    try FileManager.default.createSymbolicLink(
      atPath: file, withDestinationPath: "t10k-labels-idx1-ubyte")
    #expect(
      message { try MNIST().load(path: folder.path) }
        == "\(file): cannot read: Too many levels of symbolic links; expected \(Self.layout); get \(Self.source)"
    )
  }

  @Test(
    "in torchvision's folders that cannot be examined are not called missing",
    arguments: ["MNIST/raw", "raw"])
  func unexaminableFolder(_ name: String) throws {
    let folder = try TemporaryFolder(["\(name).txt": [1]])
    // Nobody may follow it, whatever the rights of the user are.
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/\(name)", withDestinationPath: "raw")
    #expect(
      message { try MNIST().load(path: folder.path) }
        == "\(folder.path)/\(name): cannot read: Too many levels of symbolic links; expected \(Self.layout);"
        + " get \(Self.source)")
  }

  @Test("in a folder that may only be listed are not called missing", .enabled(if: geteuid() != 0))
  func unsearchable() throws {
    let folder = try TemporaryFolder(Self.sound)
    #expect(chmod(folder.path, 0o444) == 0)
    defer { chmod(folder.path, 0o700) }
    #expect(
      message { try MNIST().load(path: folder.path) }
        == "\(folder.path)/train-images-idx3-ubyte: cannot read: Permission denied; expected \(Self.layout);"
        + " get \(Self.source)")
  }

  @Test("cut off anywhere, or with any bit changed, never trap")
  func mutations() throws {
    for index in 0..<400 {
      let place = randomBytes(4, index: index)
      var files = Self.sound
      let name = Self.sound.keys.sorted()[index % 4]
      var bytes = files[name] ?? []
      if index % 3 == 0 { bytes = packed(bytes) }
      let position =
        (Int(place[0]) << 8 | Int(place[1])) % min(bytes.count, place[3] < 128 ? 24 : bytes.count)
      if place[2] < 64 { bytes.removeSubrange(position...) } else { bytes[position] ^= 1 << (place[2] & 7) }
      files[name] = bytes
      let folder = try TemporaryFolder(files)
      let error = message { try MNIST().load(path: folder.path) }
      #expect(error == nil || error?.hasPrefix(folder.path) == true)
      if place[2] < 64 { #expect(error != nil) }
    }
  }
}

@Suite("gzip")
struct GzipTests {
  @Test("is unpacked whole, or as far as the limit")
  func limits() {
    let bytes = randomBytes(700_000)
    let file = packed(bytes)
    for limit in [0, 1, 1000, 262_143, 262_144, 262_145, 699_999, 700_000, 700_001, 1 << 30] {
      #expect(Gzip.unpack(file, upTo: limit) == .success(Array(bytes.prefix(limit))))
    }
  }

  @Test("that would fill the memory is unpacked no further than the limit")
  func bomb() {
    let file = packed([UInt8](repeating: 0, count: 50_000_000))
    #expect(file.count < 60_000)
    #expect(Gzip.unpack(file, upTo: 100) == .success([UInt8](repeating: 0, count: 100)))
  }

  @Test("of several members, and followed by zeros, is unpacked whole, or as far as the limit")
  func members() {
    let bytes = randomBytes(1000)
    let members = packed(Array(bytes[..<400])) + packed([]) + packed(Array(bytes[400...]))
    for file in [members, members + [UInt8](repeating: 0, count: 700)] {
      for limit in [0, 399, 400, 401, 999, 1000, 1001] {
        #expect(Gzip.unpack(file, upTo: limit) == .success(Array(bytes.prefix(limit))))
      }
    }
    let rest = Gzip.unpack(members + [0, 0, 1], upTo: 2000)
    #expect(rest == .failure(Damage(offset: members.count, problem: "3 bytes after the gzip data")))
  }

  @Test("that is cut off anywhere is an error, but between two members")
  func cut() {
    let first = packed(randomBytes(300))
    let two = first + packed(randomBytes(20))
    for count in first.count + 2..<two.count {
      #expect(
        Gzip.unpack(Array(two[..<count]), upTo: 400)
          == .failure(Damage(offset: count, problem: "the gzip data is cut off")))
    }
    let file = first
    for count in 0..<file.count {
      guard case .failure(let damage) = Gzip.unpack(Array(file[..<count]), upTo: 300) else {
        Issue.record("\(count) bytes of \(file.count) were taken for a whole file")
        continue
      }
      #expect(damage == Damage(offset: count, problem: "the gzip data is cut off"))
    }
  }
}
