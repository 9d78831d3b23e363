import Testing

@testable import Compute

@Suite("Products, concatenations and views of planes")
struct PlaneOperationTests {
  private static let shape = PlaneShape(channels: 5, images: 3, rows: 7, columns: 9)

  @Test("a product with a gate, or with planes of the same shape, and the gate's gradient")
  func products() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let shape = Self.shape
    let (x, dy) = (samples.planes(shape), samples.planes(shape))
    let pixels = shape.rows * shape.columns
    for gateShape in [shape, PlaneShape(channels: 5, images: 3, rows: 1, columns: 1)] {
      let gate = samples.planes(gateShape)
      let factors =
        gateShape == shape ? gate.dense() : gate.dense().flatMap { repeatElement($0, count: pixels) }
      let y = samples.planes(shape)
      engine.multiply(x, by: gate, into: y)
      #expect(y.dense() == zip(x.dense(), factors).map(*))
      let gradient = samples.planes(gateShape)
      engine.gateGradient(dy, input: x, into: gradient)
      let products = zip(x.dense(), dy.dense()).map { Double($0) * Double($1) }
      let sums =
        gateShape == shape
        ? products
        : stride(from: 0, to: products.count, by: pixels).map { products[$0..<$0 + pixels].reduce(0, +) }
      #expect(difference(gradient.dense(), sums) < 1e-6)
      #expect(y.checkBorders() && gradient.checkBorders())
    }
  }

  @Test("channels are concatenated")
  func concatenation() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let parts = [2, 1, 4].map { samples.planes(Self.shape.with(channels: $0)) }
    let y = samples.planes(Self.shape.with(channels: 7))
    engine.concatenate(parts, into: y)
    #expect(y.dense() == parts.flatMap { $0.dense() })
    #expect(y.checkBorders())
  }

  @Test("a concatenation with room is extended in its memory, once, and what it was stays as it is")
  func growth() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let parts = [2, 1, 3, 2, 4].map { samples.planes(Self.shape.with(channels: $0)) }
    let values = parts.map { $0.dense() }
    let first = engine.concatenate([parts[0], parts[1]], capacity: 8, precision: .float32)
    let second = engine.concatenate([first, parts[2]], capacity: 8, precision: .float32)
    // The room behind the first is taken.
    let other = engine.concatenate([first, parts[3]], capacity: 8, precision: .float32)
    let third = engine.concatenate([second, parts[3]], capacity: 8, precision: .float32)
    // There is none left.
    let last = engine.concatenate([third, parts[4]], capacity: 8, precision: .float32)
    // The room is of another precision.
    let start = engine.concatenate([parts[0], parts[1]], capacity: 8, precision: .float32)
    let half = engine.concatenate([start, parts[2]], capacity: 8, precision: .bfloat16)
    #expect(half.precision == .bfloat16 && !half.overlaps(start))
    #expect(half.shape == second.shape && half.checkBorders())
    #expect(second.overlaps(first) && third.overlaps(second))
    #expect(!other.overlaps(first) && !last.overlaps(third) && !first.overlaps(parts[0]))
    #expect(first.dense() == values[0] + values[1])
    #expect(second.dense() == values[0] + values[1] + values[2])
    #expect(other.dense() == values[0] + values[1] + values[3])
    #expect(third.dense() == second.dense() + values[3])
    #expect(last.dense() == third.dense() + values[4])
    #expect([first, second, third, other, last].allSatisfy { $0.checkBorders() })
  }

  @Test("a view of channels shares their memory, and operations on it leave the others as they are")
  func views() throws {
    let engine = try Engine(threads: 2)
    var samples = Samples()
    let shape = PlaneShape(channels: 9, images: 2, rows: 8, columns: 8)
    let all = samples.planes(shape)
    let values = all.dense()
    let pixels = shape.pixelsPerChannel
    let (read, written) = (all.channels(0..<5), all.channels(5..<9).channels(1..<3))
    #expect(read.dense() == Array(values[..<(5 * pixels)]))
    #expect(written.shape == shape.with(channels: 2))
    #expect(!read.overlaps(written) && all.overlaps(written) && written.overlaps(all.channels(7..<8)))
    let weight = samples.tensor([2, 5, 3, 3])
    engine.convolve(read, weight, stride: 1, into: written)
    let expected = Planes(written.shape)
    engine.convolve(read.copy(), weight, stride: 1, into: expected)
    #expect(all.dense() == values[..<(6 * pixels)] + expected.dense() + values[(8 * pixels)...])
    #expect(all.checkBorders())
  }

  @Test("a view keeps the memory alive")
  func lifetime() {
    var samples = Samples()
    func view() -> (Planes, [Float]) {
      let all = samples.planes(Self.shape)
      return (all.channels(1..<3), all.channels(1..<3).dense())
    }
    let (planes, values) = view()
    _ = samples.planes(Self.shape)
    #expect(planes.dense() == values)
  }
}
