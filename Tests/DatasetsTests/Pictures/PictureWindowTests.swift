import Compute
import Foundation
import Specification
import Testing

@testable import Datasets

@Suite("Windows on pictures")
struct PictureWindowTests {
  @Test("in the middle give what torchvision's Resize and CenterCrop do")
  func middle() throws {
    for expected in try PillowValues.load().evaluation {
      let picture = try Picture(try PillowValues.file(expected.name))
      let window = PictureWindow(middleOf: picture.size, resize: expected.resize, side: expected.size)
      let image = picture.image(window, side: expected.size)
      // Pillow rounds to bytes between the two axes.
      #expect(
        distance(image, expected.values) <= (expected.name.hasSuffix(".jpg") ? 3 : 1), "\(expected.name)")
    }
  }

  @Test("of whole pixels give what cropping and then resizing does")
  func crops() throws {
    let crops = try PillowValues.load().crops
    #expect(crops.count == 5)
    for expected in crops {
      let picture = try Picture(try PillowValues.file(expected.name))
      let (top, left) = (expected.window[0], expected.window[1])
      let window = PictureWindow(
        rows: top..<top + expected.window[2], columns: left..<left + expected.window[3])
      let image = picture.image(window, side: expected.size)
      #expect(
        distance(image, expected.values) <= (expected.name.hasSuffix(".jpg") ? 3 : 1), "\(expected.window)")
    }
  }

  private static func random(
    _ size: PictureSize, _ spec: RandomResizedCropSpec = RandomResizedCropSpec(), index: Int
  ) -> PictureWindow {
    var random = RandomStream(seed: 7, purpose: .test, index: index)
    return PictureWindow(randomIn: size, spec, &random)
  }

  @Test("at random have areas uniform in their range, shapes uniform in its logarithm, and any position")
  func distribution() {
    let size = PictureSize(rows: 1000, columns: 1000)
    let spec = RandomResizedCropSpec(scale: 0.2...0.6, ratio: 0.75...4.0 / 3)
    let windows = (0..<4000).map { Self.random(size, spec, index: $0) }
    let areas = windows.map { Double($0.rowBounds.count * $0.columnBounds.count) / 1e6 }
    let shapes = windows.map { log(Double($0.columnBounds.count) / Double($0.rowBounds.count)) }
    let tops = windows.map { Double($0.rowBounds.lowerBound) / Double(1000 - $0.rowBounds.count) }
    let lefts = windows.map { Double($0.columnBounds.lowerBound) / Double(1000 - $0.columnBounds.count) }
    for (values, range) in [
      (areas, 0.2...0.6), (shapes, log(0.75)...log(4.0 / 3)), (tops, 0.0...1.0), (lefts, 0.0...1.0),
    ] {
      let width = range.upperBound - range.lowerBound
      #expect(values.allSatisfy { $0 >= range.lowerBound - 0.01 && $0 <= range.upperBound + 0.01 })
      let mean = values.reduce(0, +) / 4000
      // The standard deviation of the mean is width / sqrt(12 * 4000), 0.0046 widths. The seed is
      // fixed.
      #expect(abs(mean - (range.lowerBound + range.upperBound) / 2) < 0.02 * width)
      let spread = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 4000
      #expect(abs(spread - width * width / 12) < 0.1 * width * width / 12)
    }
  }

  @Test("at random lie in pictures of any size")
  func bounds() {
    for (index, (rows, columns)) in [(1, 1), (1, 500), (500, 1), (2, 3), (375, 500), (8192, 8192)]
      .enumerated()
    {
      for draw in 0..<50 {
        let window = Self.random(PictureSize(rows: rows, columns: columns), index: index * 100 + draw)
        #expect((0...rows).contains(window.rowBounds.upperBound) && !window.rowBounds.isEmpty)
        #expect((0...columns).contains(window.columnBounds.upperBound) && !window.columnBounds.isEmpty)
        #expect(window.rowBounds.lowerBound >= 0 && window.columnBounds.lowerBound >= 0)
      }
    }
  }

  @Test("are in the middle, as large as the shape allows, where no random one fits")
  func fallback() {
    let wide = Self.random(
      PictureSize(rows: 10, columns: 1000), RandomResizedCropSpec(scale: 1...1), index: 0)
    #expect(wide.rowBounds == 0..<10 && wide.columnBounds == 493..<506)
    let tall = Self.random(
      PictureSize(rows: 1000, columns: 10), RandomResizedCropSpec(scale: 1...1), index: 0)
    #expect(tall.rowBounds == 493..<506 && tall.columnBounds == 0..<10)
    let square = Self.random(
      PictureSize(rows: 10, columns: 10), RandomResizedCropSpec(scale: 1...1, ratio: 0.5...0.9), index: 0)
    #expect(square.columnBounds == 0..<9 && square.rowBounds == 0..<10)
  }

  @Test("on pictures that are much too large are decoded smaller, with a margin")
  func shrinkage() {
    func shrinkage(_ rows: Int, _ columns: Int) -> Int {
      PictureWindow(rows: 0..<rows, columns: 0..<columns).shrinkage(side: 224)
    }
    #expect(shrinkage(375, 500) == 1)
    #expect(shrinkage(671, 900) == 1)
    #expect(shrinkage(672, 672) == 2)
    #expect(shrinkage(672, 671) == 1)
    #expect(shrinkage(1344, 5000) == 4)
    #expect(shrinkage(4000, 4000) == 8)
    #expect(PictureWindow(rows: 0..<30, columns: 0..<30).shrinkage(side: 1) == 1)
  }
}
