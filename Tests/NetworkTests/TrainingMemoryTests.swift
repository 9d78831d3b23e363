import Architectures
import Specification
import Testing

@testable import Compute
@testable import Network

@Suite("Estimate of a training's memory")
struct TrainingMemoryTests {
  static let architectures = [
    ArchitectureSpec(name: "resnet", depth: 8, block: .basic, input: [3, 16, 16], classes: 4),
    ArchitectureSpec(
      name: "densenet", depth: 22, block: .plain, growth: 6, input: [3, 16, 16], classes: 4),
    ArchitectureSpec(name: "mobilenet_v2", depth: 0, block: .plain, input: [3, 32, 32], classes: 4),
    ArchitectureSpec(
      name: "vgg11", depth: 11, block: .plain, width: 0.25, input: [3, 32, 32], classes: 4),
  ]

  @Test("is that of the planes that a pass saves", arguments: architectures, Precision.allCases)
  func saved(_ architecture: ArchitectureSpec, _ precision: Precision) throws {
    let network = try ArchitectureRegistry.build(architecture, seed: 1, engine: Engine(threads: 2))
    let images = network.planes(random(network.graph.input.planes(images: 4), 2), count: 4)
    let tape = network.train(images, precision: precision).tape
    var distinct: [Planes] = []
    for planes in network.planes(in: tape).sorted(by: { $0.shape.channels > $1.shape.channels })
    where !distinct.contains(where: planes.overlaps) {
      distinct.append(planes)
    }
    // Positions of maxima are saved besides planes.
    let positions = tape.entries.compactMap { ($0?.saved as? [Int32])?.count }.reduce(0, +)
    let bytes = distinct.map { $0.shape.bytesWithBorders($0.precision) }.reduce(4 * positions, +)
    let estimate = network.graph.trainingMemory(precision: precision).savedBytes(images: 4)
    #expect(abs(estimate / Double(bytes) - 1) < 0.1, "\(estimate) instead of \(bytes)")
  }

  @Test("counts values that are recomputed only for batches in which they are small")
  func recomputed() throws {
    let graph = try ArchitectureRegistry.graph(
      ArchitectureSpec(name: "resnet20", depth: 20, block: .basic, input: [3, 32, 32], classes: 10))
    let memory = graph.trainingMemory(precision: .float32)
    // 16 channels of 32 x 32 pixels.
    let most = Run.recomputationThreshold / (16 * 32 * 32)
    #expect(memory.savedBytes(images: most) > memory.savedBytes(images: most + 1))
    // Four of about 26 values: of each block of the first stage, and the phases of the last one's.
    let share = memory.savedBytes(images: most + 1) / memory.savedBytes(images: most)
    #expect(share > 0.7 && share < 0.9, "\(share)")
  }
}
