import Synchronization
import Testing

@testable import Compute

@Suite("Memory of planes")
struct PlaneRecyclerTests {
  private func shape(_ channels: Int, _ size: Int = 8, images: Int = 2) -> PlaneShape {
    PlaneShape(channels: channels, images: images, rows: size, columns: size)
  }

  private func bytes(_ shape: PlaneShape) -> Int { PlaneMemory.Size(shape, .float32).bytes }

  @Test("is used again for as many channels or fewer of the same size, the closest number first")
  func fits() {
    let recycler = PlaneRecycler()
    func base(_ channels: Int, _ size: Int = 8) -> UnsafeMutablePointer<Float> {
      let planes = Planes(shape(channels, size), zeroed: false, recycler: recycler)
      return planes.plane(0)
    }
    var (ten, twelve): (Planes?, Planes?) = (
      Planes(shape(10), zeroed: false, recycler: recycler),
      Planes(shape(12), zeroed: false, recycler: recycler)
    )
    let bases = (ten?.plane(0), twelve?.plane(0))
    #expect(bases.0 != bases.1)
    (ten, twelve) = (nil, nil)
    #expect(base(10) == bases.0 && base(9) == bases.0 && base(11) == bases.1 && base(12) == bases.1)
    // Too many, too few, another size.
    #expect(base(13) != bases.0 && base(4) != bases.0 && base(10, 7) != bases.0)
    #expect(recycler.statistics.inUse == 0 && recycler.statistics.allocations == 5)
  }

  @Test("of blocks of one size the one released last is used first, while caches may hold it")
  func newestFirst() {
    let recycler = PlaneRecycler()
    var planes: [Planes?] = (0..<3).map { _ in Planes(shape(10), zeroed: false, recycler: recycler) }
    let bases = planes.map { $0?.plane(0) }
    for index in [1, 0, 2] { planes[index] = nil }
    var again: [Planes] = []
    for index in [2, 0, 1] {
      again.append(Planes(shape(10), zeroed: false, recycler: recycler))
      #expect(again.last?.plane(0) == bases[index])
    }
  }

  @Test("has zero borders whatever it held before, and zero pixels where they are asked for")
  func borders() {
    var random = RandomStream(seed: 2, purpose: .test)
    let recycler = PlaneRecycler(leastSlack: 0)
    for _ in 0..<200 {
      let shape = PlaneShape(
        channels: 1 + random.below(9), images: 1 + random.below(3), rows: 1 + random.below(9),
        columns: 1 + random.below(9))
      let isZeroed = random.below(2) == 0
      let planes = Planes(
        shape, precision: random.below(2) == 0 ? .float32 : .bfloat16, zeroed: isZeroed, recycler: recycler)
      #expect(planes.checkBorders())
      if isZeroed { #expect(planes.dense().allSatisfy { $0 == 0 }) }
      planes.load(dense: [Float](repeating: .nan, count: shape.channels * shape.pixelsPerChannel))
    }
    #expect(recycler.statistics.conversions > 0)
  }

  @Test("a step that is repeated allocates nothing after the first times, and little is kept beyond its peak")
  func steadyStep() {
    let recycler = PlaneRecycler(leastSlack: 0, turn: 64)
    // Forward: every output is kept, of convolution and batch norm. Backward: gradients of each,
    // from the last to the first.
    let sizes = [(16, 16, 5), (24, 16, 1), (32, 8, 3), (30, 8, 3), (64, 4, 6)]
    let outputs = sizes.flatMap { [PlaneShape](repeating: shape($0.0, $0.1), count: $0.2) }
    func step() {
      var kept: [Planes] = []
      for output in outputs {
        kept.append(Planes(output, zeroed: false, recycler: recycler))
        kept.append(Planes(output, zeroed: false, recycler: recycler))
      }
      var gradient: Planes?
      for output in outputs.reversed() {
        gradient = Planes(output, zeroed: false, recycler: recycler)
        _ = Planes(output.with(channels: 1), zeroed: false, recycler: recycler)
        kept.removeLast(2)
      }
      _ = gradient
    }
    for _ in 0..<5 { step() }
    let before = recycler.statistics
    for _ in 0..<20 { step() }
    let after = recycler.statistics
    #expect(after.allocations == before.allocations)
    #expect(after.inUse == 0)
    let peak = 2 * outputs.map(bytes).reduce(0, +)
    #expect((peak..<peak * 5 / 4).contains(after.kept))
  }

  @Test("a peak that does not recur is forgotten, and its memory returned to the system")
  func shrinks() {
    let recycler = PlaneRecycler(leastSlack: 0, turn: 16)
    do {
      let many = (0..<10).map { _ in Planes(shape(8), zeroed: false, recycler: recycler) }
      #expect(recycler.statistics.inUse == 10 * bytes(shape(8)) && many.count == 10)
    }
    #expect(recycler.statistics.kept == 10 * bytes(shape(8)))
    for _ in 0..<40 { _ = Planes(shape(8), zeroed: false, recycler: recycler) }
    #expect(recycler.statistics.kept <= 2 * bytes(shape(8)))
  }

  @Test("is never shared by planes of several threads, and is all returned")
  func threads() throws {
    let recycler = PlaneRecycler(leastSlack: 1 << 16)
    let engine = try Engine(threads: 4)
    let faults = Mutex(0)
    engine.parallel(64) { task in
      var random = RandomStream(seed: 5, purpose: .test, index: task)
      var held: [(Planes, Float)] = []
      for round in 0..<50 {
        let planes = Planes(
          shape(1 + random.below(6), 3 + random.below(3)), zeroed: false, recycler: recycler)
        let mark = Float(task * 50 + round)
        planes.load(
          dense: [Float](repeating: mark, count: planes.shape.channels * planes.shape.pixelsPerChannel))
        held.append((planes, mark))
        if held.count > 4 {
          let (planes, mark) = held.remove(at: random.below(5))
          if !planes.dense().allSatisfy({ $0 == mark }) || !planes.checkBorders() {
            faults.withLock { $0 += 1 }
          }
        }
      }
    }
    #expect(faults.withLock { $0 } == 0)
    #expect(recycler.statistics.inUse == 0)
  }
}
