import Compute
import Testing

@Suite("Resampling")
struct ResamplingTests {
  private static func bytes(_ count: Int) -> [UInt8] {
    var random = RandomStream(seed: 1, purpose: .test, index: count)
    return (0..<count).map { _ in UInt8(random.below(256)) }
  }

  /// Weights of a new pixel at the old ones, from the definition.
  private static func weights(_ output: Int, start: Double, step: Double, _ bounds: Range<Int>) -> [(
    Int, Double
  )] {
    let centre = start + (Double(output) + 0.5) * step
    let radius = max(1, step)
    let all = bounds.map { ($0, max(0, 1 - abs(Double($0) + 0.5 - centre) / radius)) }
    let sum = all.map(\.1).reduce(0, +)
    return all.map { ($0.0, $0.1 / sum) }
  }

  @Test("gives the weighted means that define it, for all sizes and parts")
  func definition() {
    for (rows, columns, top, left, height, width, newRows, newColumns) in [
      (1, 1, 0.0, 0.0, 1.0, 1.0, 1, 1), (1, 1, 0, 0, 1, 1, 5, 3), (7, 9, 0, 0, 7, 9, 7, 9),
      (7, 9, 1, 2, 5, 6, 3, 11),
      (33, 17, 0.3, 1.7, 30, 14.2, 8, 5), (12, 64, 0, 0, 12, 64, 12, 1), (5, 4, 2, 1, 1, 1, 4, 4),
    ] {
      let pixels = Self.bytes(rows * columns * 4)
      let rowBounds = Int(top)..<min(rows, Int((top + height).rounded(.up)))
      let columnBounds = Int(left)..<min(columns, Int((left + width).rounded(.up)))
      let found = Resampling.resample(
        pixels, rows: rows, columns: columns,
        horizontal: Resampling(
          outputs: newColumns, from: left, step: width / Double(newColumns), within: columnBounds),
        vertical: Resampling(outputs: newRows, from: top, step: height / Double(newRows), within: rowBounds))
      #expect(found.count == 3 * newRows * newColumns)
      for channel in 0..<3 {
        for row in 0..<newRows {
          for column in 0..<newColumns {
            var sum = 0.0
            for (y, down) in Self.weights(row, start: top, step: height / Double(newRows), rowBounds) {
              for (x, along) in Self.weights(
                column, start: left, step: width / Double(newColumns), columnBounds)
              {
                sum += down * along * Double(pixels[(y * columns + x) * 4 + channel])
              }
            }
            let value = Double(found[(channel * newRows + row) * newColumns + column])
            #expect(abs(value - sum) <= 0.501)
          }
        }
      }
    }
  }

  @Test(
    "keeps an image of one colour, black and white included", arguments: [0, 1, 127, 254, 255] as [UInt8])
  func constant(_ value: UInt8) {
    let axis = Resampling(outputs: 13, from: -3, step: 1.7, within: 2..<19)
    let image = Resampling.resample(
      [UInt8](repeating: value, count: 20 * 20 * 4), rows: 20, columns: 20, horizontal: axis, vertical: axis)
    #expect(image == [UInt8](repeating: value, count: 3 * 13 * 13))
  }
}
