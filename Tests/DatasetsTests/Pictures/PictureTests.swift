import Foundation
import Testing

@testable import Datasets

@Suite("Pictures")
struct PictureTests {
  /// Differences of versions of libjpeg-turbo; what PNG files hold is exact.
  private static func tolerance(_ name: String) -> Int {
    name.hasSuffix(".jpg") && name != "png-inside.jpg" ? 3 : 0
  }

  @Test("of every kind become the red, green and blue that Pillow makes of them")
  func decoding() throws {
    let expected = try PillowValues.load().decoded
    #expect(expected.count == 15)
    for (name, values) in expected {
      let picture = try Picture(try PillowValues.file(name))
      #expect(picture.size == PictureSize(rows: values.size[0], columns: values.size[1]), "\(name)")
      #expect(distance(Self.everySeventh(picture), values.values) <= Self.tolerance(name), "\(name)")
    }
  }

  private static func everySeventh(_ picture: Picture) -> [UInt8] {
    (0..<3).flatMap { channel in
      stride(from: 0, to: picture.size.rows, by: 7).flatMap { row in
        stride(from: 0, to: picture.size.columns, by: 7).map { column in
          picture.pixels[(row * picture.size.columns + column) * 4 + channel]
        }
      }
    }
  }

  @Test("in JPEG are decoded smaller on demand, and show the same", arguments: [2, 4, 8])
  func shrinkage(_ shrinkage: Int) throws {
    let file = try PillowValues.file("large.jpg")
    let whole = try Picture(file)
    let small = try Picture(file) { size in
      #expect(size == PictureSize(rows: 300, columns: 420))
      return shrinkage
    }
    #expect(small.fullSize == whole.size)
    #expect(small.size == PictureSize(rows: 300, columns: 420).shrunk(by: shrinkage))
    #expect(small.pixels.count == small.size.rows * small.size.columns * 4)
    let window = PictureWindow(middleOf: whole.size, resize: 32, side: 32)
    let images = [whole, small].map { $0.image(window, side: 32) }
    let differences = zip(images[0], images[1]).map { abs(Double($0) - Double($1)) }
    #expect(differences.reduce(0, +) / Double(differences.count) < 1.5)
  }

  @Test(
    "that are damaged are refused in the decoder's words",
    arguments: [
      ("cut.jpg", "the file is cut off"), ("cut.png", "read beyond end of data"),
    ])
  func damage(_ name: String, _ problem: String) throws {
    let file = try PillowValues.file(name)
    #expect(throws: PictureDamage(problem)) { try Picture(file) }
  }

  @Test("that have too many pixels, or none, are refused before they are decoded")
  func sizes() throws {
    for name in ["huge.jpg", "huge.png"] {
      let file = try PillowValues.file(name)
      #expect(throws: PictureDamage("60000x60000 pixels", isTooLarge: true)) { try Picture(file) }
    }
    var empty = try PillowValues.file("colour.jpg")
    let frame = try #require(Self.index(of: [0xFF, 0xC0], in: empty))
    empty.replaceSubrange(frame + 5..<frame + 7, with: [0, 0])
    #expect(throws: PictureDamage("a picture of 64x0 pixels")) { try Picture(empty) }
  }

  private static func index(of marker: [UInt8], in file: [UInt8]) -> Int? {
    file.indices.first { file[$0...].starts(with: marker) }
  }

  /// Changes of a JPEG file that leave every pixel as it is.
  private static let harmlessChanges: [(String, @Sendable (inout [UInt8]) throws -> Void)] = [
    (
      "an unknown revision",
      { file in
        let start = try #require(index(of: Array("JFIF".utf8), in: file))
        file.replaceSubrange(start + 5..<start + 7, with: [0, 0])
      }
    ),
    (
      "no last coefficient",
      { file in
        let scan = try #require(index(of: [0xFF, 0xDA], in: file))
        file[scan + 2 + Int(file[scan + 3]) - 2] = 0
      }
    ),
    ("no end marker", { file in file.removeLast(2) }),
    ("bytes after the end", { file in file += [1, 2, 0xFF, 0xD8, 0xFF] }),
    ("bytes before a segment", { file in file.insert(contentsOf: [0, 0xFF, 0, 7], at: 20) }),
    ("fill bytes", { file in file.insert(contentsOf: [0xFF, 0xFF], at: 20) }),
    ("a comment", { file in file.insert(contentsOf: [0xFF, 0xFE, 0, 4, 0xFF, 0xC0], at: 20) }),
  ]

  @Test(
    "in JPEG with what every viewer passes over are what they are without it, and damaged all the same when cut off",
    arguments: harmlessChanges.map(\.0))
  func harmless(_ change: String) throws {
    let changed = try #require(Self.harmlessChanges.first { $0.0 == change })
    for name in ["colour.jpg", "grey.jpg", "subsampled.jpg"] {
      let file = try PillowValues.file(name)
      var other = file
      try changed.1(&other)
      #expect(other != file)
      #expect(try Picture(other).pixels == Picture(file).pixels)
      #expect(throws: PictureDamage("the file is cut off")) {
        try Picture(Array(other[..<(file.count * 3 / 4)]))
      }
    }
  }

  @Test("in JPEG with a colour for each four by two pixels")
  func sparseColours() throws {
    var file = try PillowValues.file("subsampled.jpg")
    let frame = try #require(Self.index(of: [0xFF, 0xC0], in: file))
    file[frame + 11] = 0x42
    let scan = try #require(Self.index(of: [0xFF, 0xDA], in: file))
    // Six units of eight blocks of grey, and two of colours: no difference and end of block, by the
    // standard tables.
    let unit: [UInt8] = [0x28, 0xA2, 0x8A, 0x28, 0xA2, 0x8A, 0x00]
    let data = Array([[UInt8]](repeating: unit, count: 6).joined())
    let picture = try Picture(Array(file[..<(scan + 14)]) + data + [0xFF, 0xD9])
    #expect(picture.size == PictureSize(rows: 48, columns: 64))
    #expect(picture.pixels.enumerated().allSatisfy { $0 % 4 == 3 || $1 == 128 })
  }

  @Test("tell decoders apart by the values of one that is embedded, whole and smaller")
  func decoder() throws {
    let file = PackageResources.decoder_jpg
    #expect(try Picture(file).size == PictureSize(rows: 18, columns: 21))
    #expect(try Picture(file) { _ in 2 }.size == PictureSize(rows: 9, columns: 11))
    let digests = try [file, PillowValues.file("subsampled.jpg"), []].map(PictureDecoders.digest)
    #expect(Set(digests).count == 3)
    #expect(digests[0] == PictureDecoders.fingerprint)
    #expect(PictureDecoders.versions.contains(PictureDecoders.fingerprint))
  }

  @Test("in PNG have the values that are stored, whatever they say about gamma and colours")
  func gamma() throws {
    for name in ["colour.png", "grey.png", "palette.png", "deep.png", "alpha.png"] {
      let file = try PillowValues.file(name)
      // gAMA of 1, tIME that is damaged, and a text of no length.
      let chunks: [UInt8] =
        [0, 0, 0, 4, 0x67, 0x41, 0x4D, 0x41, 0, 1, 0x86, 0xA0, 0x31, 0xE8, 0x96, 0x5F]
        + [0, 0, 0, 1, 0x74, 0x49, 0x4D, 0x45, 0, 1, 2, 3, 4] + [
          0, 0, 0, 0, 0x74, 0x45, 0x58, 0x74, 0, 0, 0, 0,
        ]
      let other = Array(file[..<33]) + chunks + file[33...]
      #expect(try Picture(other).pixels == Picture(file).pixels)
    }
  }

  @Test("that are no pictures are refused")
  func foreign() throws {
    #expect(throws: PictureDamage("the file is empty")) { try Picture([]) }
    let neither = PictureDamage("the file begins neither as a JPEG nor as a PNG")
    #expect(throws: neither) { try Picture(Array("hello".utf8)) }
    #expect(throws: PictureDamage("it is a GIF picture: convert it to PNG")) {
      try Picture(Array("GIF89a".utf8))
    }
    #expect(throws: PictureDamage("it is a BMP picture: convert it to PNG")) {
      try Picture([0x42, 0x4D, 0x36, 0, 0, 0])
    }
    let cutOff = PictureDamage("the file is cut off in its header")
    for length in [2, 3, 20, 100, 160] {
      let start = Array(try PillowValues.file("colour.jpg").prefix(length))
      #expect(throws: cutOff) { try Picture(start) }
    }
    #expect(throws: PictureDamage("there is no frame header in it")) {
      try Picture([0xFF, 0xD8, 0xFF, 0xD9])
    }
    #expect(throws: PictureDamage.self) { try Picture([0x89, 0x50, 0x4E, 0x47]) }
  }

  @Test(
    "cut off anywhere are refused or whole, and never a crash",
    arguments: ["colour.jpg", "palette.png", "ycck.jpg"])
  func truncation(_ name: String) throws {
    let file = try PillowValues.file(name)
    let whole = try Picture(file)
    for length in stride(from: 0, to: file.count, by: 13) {
      if let picture = try? Picture(Array(file[..<length])) { #expect(picture.size == whole.size) }
    }
    #expect(throws: PictureDamage.self) { try Picture(Array(file[..<(file.count / 2)])) }
  }
}
