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
    ], [2, 7, 8, 33])
  func maximum(_ window: Window, _ size: Int) throws {
    let engine = try Engine(threads: 2)
    // Few different values, so that windows have several maxima.
    var random = RandomStream(seed: 3, purpose: .test)
    let shape = PlaneShape(channels: 2, images: 3, rows: size, columns: size)
    let x = Planes(shape, dense: (0..<6 * size * size).map { _ in Float(random.below(4)) - 5 })
    let outputs = (size + 2 * window.padding - window.size) / window.stride + 1
    let y = Planes(PlaneShape(channels: 2, images: 3, rows: outputs, columns: outputs))
    var indices: [Int32] = []
    engine.maxPool(
      x, window: window.size, stride: window.stride, padding: window.padding, into: y, indices: &indices)
    var expected: [Float] = []
    var places: [Int32] = []
    for c in 0..<2 {
      for n in 0..<3 {
        for r in 0..<outputs {
          for q in 0..<outputs {
            var best = -Float.infinity
            var place = -1
            for i in 0..<window.size {
              for j in 0..<window.size {
                let (row, column) = (
                  r * window.stride + i - window.padding, q * window.stride + j - window.padding
                )
                guard (0..<size).contains(row), (0..<size).contains(column) else { continue }
                let value = x.value(channel: c, image: n, row: row, column: column)
                if value > best { (best, place) = (value, row * size + column) }
              }
            }
            expected.append(best)
            places.append(Int32(place))
          }
        }
      }
    }
    #expect(y.dense() == expected)
    #expect(indices == places)
    #expect(y.checkBorders())

    var samples = Samples()
    let dy = samples.planes(y.shape)
    let dx = samples.planes(shape)
    engine.maxPoolGradient(
      dy, indices: indices, window: window.size, stride: window.stride, padding: window.padding, into: dx)
    var gradient = [Double](repeating: 0, count: x.dense().count)
    for (index, value) in dy.dense().enumerated() {
      gradient[index / (outputs * outputs) * size * size + Int(places[index])] += Double(value)
    }
    #expect(difference(dx.dense(), gradient) < 1e-6)
    #expect(dx.checkBorders())
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
