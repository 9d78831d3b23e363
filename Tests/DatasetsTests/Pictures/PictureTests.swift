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
      ("cut.jpg", "Premature end of JPEG file"), ("cut.png", "read beyond end of data"),
      ("huge.jpg", "60000x60000 pixels, more than 67108864 in all"),
      ("huge.png", "60000x60000 pixels, more than 67108864 in all"),
    ])
  func damage(_ name: String, _ problem: String) throws {
    let file = try PillowValues.file(name)
    #expect(throws: PictureDamage(problem)) { try Picture(file) }
  }

  @Test("that are no pictures are refused")
  func foreign() throws {
    #expect(throws: PictureDamage("the file is empty")) { try Picture([]) }
    let neither = PictureDamage("the file begins neither as a JPEG nor as a PNG")
    #expect(throws: neither) { try Picture(Array("GIF89a".utf8)) }
    #expect(throws: PictureDamage.self) { try Picture([0xFF, 0xD8]) }
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
