import Testing

@testable import Compute

@Suite("Pooling")
struct PoolingTests {
  struct Window: Sendable {
    let size: Int
    let stride: Int
    let padding: Int
  }

  @Test(
    "takes the first maximum of every window, and its gradient goes there",
    arguments: [
      Window(size: 2, stride: 2, padding: 0), Window(size: 3, stride: 2, padding: 1),
      Window(size: 3, stride: 1, padding: 1),
    ], [(2, 2), (7, 7), (8, 8), (9, 14), (11, 11), (33, 33)])
  func maximum(_ window: Window, _ size: (Int, Int)) throws {
    // Few different values, so that windows have several maxima.
    var random = RandomStream(seed: 3, purpose: .test)
    let shape = PlaneShape(channels: 2, images: 3, rows: size.0, columns: size.1)
    let x = Planes(shape, dense: (0..<6 * size.0 * size.1).map { _ in Float(random.below(4)) - 5 })
    let (y, indices) = try expectMaxima(of: x, window)

    let engine = try Engine(threads: 2)
    var samples = Samples()
    let dy = samples.planes(y.shape)
    let dx = samples.planes(shape)
    engine.maxPoolGradient(
      dy, indices: indices, window: window.size, stride: window.stride, padding: window.padding, into: dx)
    var gradient = [Double](repeating: 0, count: x.dense().count)
    let outputs = y.shape.rows * y.shape.columns
    for (index, value) in dy.dense().enumerated() {
      gradient[index / outputs * size.0 * size.1 + Int(indices[index])] += Double(value)
    }
    #expect(difference(dx.dense(), gradient) < 1e-6)
    #expect(dx.checkBorders())
  }

  @Test("lets what is no number through, so that it shows, and takes infinities and zeros of either sign")
  func oddNumbers() throws {
    var random = RandomStream(seed: 4, purpose: .test)
    let values: [Float] = [.nan, -.infinity, -.infinity, -.infinity, .infinity, 0, -0.0, 1]
    let shape = PlaneShape(channels: 2, images: 2, rows: 24, columns: 26)
    let x = Planes(shape, dense: (0..<4 * 24 * 26).map { _ in values[random.below(8)] })
    _ = try expectMaxima(of: x, Window(size: 2, stride: 2, padding: 0))
    _ = try expectMaxima(of: x, Window(size: 3, stride: 2, padding: 1))
  }

  /// Checks maxima and their places against a plain search, bit by bit.
  private func expectMaxima(of x: Planes, _ window: Window) throws -> (Planes, [Int32]) {
    let engine = try Engine(threads: 2)
    let shape = x.shape
    func outputs(_ size: Int) -> Int { (size + 2 * window.padding - window.size) / window.stride + 1 }
    let y = Planes(
      PlaneShape(
        channels: shape.channels, images: shape.images, rows: outputs(shape.rows),
        columns: outputs(shape.columns)))
    var indices: [Int32] = []
    engine.maxPool(
      x, window: window.size, stride: window.stride, padding: window.padding, into: y, indices: &indices)
    var expected: [UInt32] = []
    var places: [Int32] = []
    for c in 0..<shape.channels {
      for n in 0..<shape.images {
        for r in 0..<y.shape.rows {
          for q in 0..<y.shape.columns {
            let (value, place) = firstMaximum(of: x, window, channel: c, image: n, row: r, column: q)
            expected.append(value.bitPattern)
            places.append(Int32(place))
          }
        }
      }
    }
    #expect(y.dense().map(\.bitPattern) == expected)
    #expect(indices == places)
    #expect(y.checkBorders())
    return (y, indices)
  }

  private func firstMaximum(
    of x: Planes, _ window: Window, channel: Int, image: Int, row: Int, column: Int
  ) -> (Float, Int) {
    func inside(_ first: Int, _ size: Int) -> Range<Int> {
      max(0, first - window.padding)..<min(size, first - window.padding + window.size)
    }
    let rows = inside(row * window.stride, x.shape.rows)
    let columns = inside(column * window.stride, x.shape.columns)
    var best = -Float.infinity
    var place = rows.lowerBound * x.shape.columns + columns.lowerBound
    for i in rows {
      for j in columns {
        let value = x.value(channel: channel, image: image, row: i, column: j)
        if value > best || value.isNaN { (best, place) = (value, i * x.shape.columns + j) }
      }
    }
    return (best, place)
  }

  @Test("a mean's gradient is spread evenly")
  func average() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let dx = samples.planes(PlaneShape(channels: 3, images: 2, rows: 4, columns: 2))
    let g = samples.tensor([2, 3])
    engine.globalAveragePoolGradient(g, into: dx)
    for c in 0..<3 {
      for n in 0..<2 { #expect(dx.value(channel: c, image: n, row: 3, column: 1) == g.values[n * 3 + c] / 8) }
    }
    #expect(dx.checkBorders())
  }

  @Test("flattening goes channel by channel, and back")
  func flatten() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let x = samples.planes(PlaneShape(channels: 3, images: 2, rows: 4, columns: 5))
    let flat = engine.flatten(x)
    #expect(flat.shape == [2, 60])
    #expect(flat.values[60 + 20 + 7] == x.value(channel: 1, image: 1, row: 1, column: 2))
    let back = Planes(x.shape)
    engine.unflatten(flat, into: back)
    #expect(back.dense() == x.dense())
    #expect(back.checkBorders())
  }
}
