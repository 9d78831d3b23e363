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
    ],
    // Images as large as the last are pooled in several parts.
    [(2, 2), (7, 7), (8, 8), (9, 14), (11, 11), (33, 33), (100, 90)])
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

  @Test("a mean's gradient is split evenly")
  func average() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let dx = samples.planes(PlaneShape(channels: 3, images: 2, rows: 4, columns: 2))
    let dy = samples.planes(PlaneShape(channels: 3, images: 2, rows: 1, columns: 1))
    engine.globalAveragePoolGradient(dy, accumulate: false, into: dx)
    #expect(dx.dense() == dy.dense().flatMap { [Float](repeating: $0 / 8, count: 8) })
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

@Suite("Average pooling")
struct AveragePoolingTests {
  struct Case: Sendable {
    let window: Int
    let stride: Int
    let padding: Int
    let rows: Int
    let columns: Int

    static let all: [Case] = {
      var random = RandomStream(seed: 5, purpose: .test)
      return [(2, 2, 0), (2, 1, 1), (3, 1, 1), (3, 2, 1), (3, 3, 0), (5, 2, 2), (7, 7, 3)].flatMap { window in
        [1, 2, 7, 8, 12, 33].map {
          Case(
            window: window.0, stride: window.1, padding: window.2, rows: max($0, window.0),
            columns: max(window.0, 1 + random.below(20)))
        }
      } + [Case(window: 3, stride: 2, padding: 1, rows: 100, columns: 90)]
    }()
  }

  @Test("means of windows, their gradients and relevance are those of the definitions", arguments: Case.all)
  func windows(_ test: Case) throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let shape = PlaneShape(channels: 3, images: 3, rows: test.rows, columns: test.columns)
    func outputs(_ size: Int) -> Int { (size + 2 * test.padding - test.window) / test.stride + 1 }
    let x = Planes(
      shape, dense: samples.values(shape.channels * shape.pixelsPerChannel).map { max(0, $0) + 0.1 })
    let y = samples.planes(
      PlaneShape(channels: 3, images: 3, rows: outputs(test.rows), columns: outputs(test.columns)))
    let r = y.copy()
    engine.averagePool(x, window: test.window, stride: test.stride, padding: test.padding, into: y)
    #expect(y.checkBorders())

    var (sums, gradient, relevance) = (Dense(y.shape), Dense(shape), Dense(shape))
    let (input, flowing) = (Dense(x), Dense(r))
    forEachPixel(of: test, shape, y.shape) { from, to in sums.values[to] += input.values[from] }
    let pixels = Double(test.window * test.window)
    forEachPixel(of: test, shape, y.shape) { from, to in
      gradient.values[from] += flowing.values[to] / pixels
      relevance.values[from] += input.values[from] * flowing.values[to] / (sums.values[to] + 1e-9)
    }
    #expect(difference(y.dense(), sums.values.map { $0 / pixels }) < 1e-6)
    let before = samples.planes(shape)
    for accumulate in [false, true] {
      func expected(_ values: Dense) -> [Double] {
        accumulate ? zip(values.values, Dense(before).values).map(+) : values.values
      }
      let (dx, result) = (before.copy(), before.copy())
      engine.averagePoolGradient(
        r, window: test.window, stride: test.stride, padding: test.padding, accumulate: accumulate, into: dx)
      #expect(difference(dx.dense(), expected(gradient)) < 1e-6)
      engine.averagePoolRelevance(
        r, input: x, window: test.window, stride: test.stride, padding: test.padding,
        accumulate: accumulate, into: result)
      #expect(difference(result.dense(), expected(relevance)) < 1e-5)
      #expect(dx.checkBorders() && result.checkBorders())
    }
  }

  private func forEachPixel(
    of test: Case, _ x: PlaneShape, _ y: PlaneShape, _ body: (_ from: Int, _ to: Int) -> Void
  ) {
    let problem = ConvolutionProblem(
      input: x, outputs: x.channels, kernel: test.window, stride: test.stride, padding: test.padding,
      groups: x.channels)
    #expect(problem.output == y)
    Reference.forEachProduct(problem) { _, from, to in body(from, to) }
  }

  @Test("means over whole maps as planes are those in a tensor, with sums of gradients and relevance")
  func global() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let shape = PlaneShape(channels: 3, images: 5, rows: 7, columns: 9)
    let x = Planes(shape, dense: samples.planes(shape).dense().map { max(0, $0) })
    let y = samples.planes(PlaneShape(channels: 3, images: 5, rows: 1, columns: 1))
    engine.globalAveragePool(x, into: y)
    #expect(engine.flatten(y) == engine.imageMeans(x))
    #expect(y.checkBorders())

    let dy = samples.planes(y.shape)
    let (expected, dx) = (Planes(shape), samples.planes(shape))
    let before = dx.copy()
    engine.globalAveragePoolGradient(dy, accumulate: false, into: expected)
    engine.globalAveragePoolGradient(dy, accumulate: true, into: dx)
    #expect(dx.dense() == zip(before.dense(), expected.dense()).map(+))

    let result = before.copy()
    engine.globalAveragePoolRelevance(dy, input: x, accumulate: false, into: result)
    let quotients = zip(dy.dense(), y.dense()).map { Double($0) / (Double($1) + 1e-9) }
    let relevance = x.dense().enumerated().map { Double($1) * quotients[$0 / 63] }
    #expect(difference(result.dense(), relevance) < 1e-6)
    engine.globalAveragePoolRelevance(dy, input: x, accumulate: true, into: before)
    #expect(result.checkBorders() && before.checkBorders())
  }
}
