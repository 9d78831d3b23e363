import Architectures
import Network
import Specification
import Testing

@testable import Compute
@testable import Experiments

@Suite("Targets of pruning")
struct TargetTests {
  @Test(
    "beyond what the floors leave are errors that say how much can go",
    arguments: [("flops_ratio", "MACs"), ("parameter_ratio", "parameters")])
  func unreachable(key: String, noun: String) throws {
    let error = #expect(throws: SpecificationError.self) {
      try digits(["prune.ratio=null", "prune.\(key)=0.9", "prune.minimum_channels=3"])
    }
    let message = try #require(error?.diagnostics.first?.message)
    #expect(message.hasPrefix("0.9 of the \(noun) is out of reach: with every layer at its floor"))
    #expect(message.contains("`minimum_channels` 3"))
  }

  @Test(
    "at what the floors just leave are reached by the last step",
    arguments: ["flops_ratio", "parameter_ratio"])
  func justReachable(key: String) throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["prune.ratio=null", "prune.\(key)=0.4", "prune.minimum_channels=2"])
    let report = try run(spec, in: folder.path)
    let reduction = key == "flops_ratio" ? report.summary.flopsReduction : report.summary.parameterReduction
    #expect(try #require(reduction) >= 0.4)
    #expect(report.summary.expectations.allSatisfy { $0.metric != "parameter_reduction" })
  }

  private func graph() throws -> PrunableGraph { try digits().structure() }

  @Test("that were missed by more than rounding are told with what was reached")
  func missed() throws {
    let whole = try graph()
    let target = PruneSpec.Target.flopsRatio(0.5)
    #expect(target.missed(from: whole.cost, to: whole.cost)?.share == 0)
    #expect(PruneSpec.Target.ratio(0.5).missed(from: whole.cost, to: whole.cost) == nil)
    let sentences = PruningWarnings(before: whole, after: whole, target: target).sentences
    #expect(sentences.count == 1)
    #expect(sentences.first?.hasPrefix("0.0 of the MACs are removed, but the target was 0.5") == true)
    #expect(PruningWarnings(before: whole, after: whole, target: nil).sentences.isEmpty)
  }

  @Test("that take more than nine tenths of a layer are told once, with the layer")
  func thinLayer() throws {
    let whole = PrunableGraph(
      try ArchitectureRegistry.graph(
        ArchitectureSpec(name: "resnet20", depth: 20, block: .basic, input: [3, 32, 32], classes: 10)))
    let group = try #require(whole.channelGroups.first)
    let fourteen = whole.removing([group.name: Set(0..<14)])
    let fifteen = fourteen.removing([group.name: [14]])
    func sentences(_ before: PrunableGraph, _ after: PrunableGraph) -> [String] {
      PruningWarnings(before: before, after: after, target: nil).sentences
    }
    #expect(sentences(whole, fourteen).isEmpty)
    #expect(
      sentences(fourteen, fifteen).map { $0.hasPrefix("\(group.name) keeps 1 of its 16 channels") } == [true])
    #expect(sentences(fifteen, fifteen).isEmpty)
  }
}

@Suite("Memory of a training")
struct MemoryTests {
  @Test("that is not there is told with both numbers and the limit")
  func tooLittle() throws {
    let spec = try digits()
    let check = try #require(
      MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 16, limit: .controlGroup)))
    let problem = try #require(check.problem)
    #expect(problem.hasPrefix("a training needs about "))
    #expect(problem.contains("0 MiB are available within the limit of the container"))
    #expect(problem.hasSuffix("; a smaller `train.batch_size` or `train.precision: bfloat16` needs less"))
    let half = try digits(["train.precision=bfloat16"])
    let other = MemoryCheck(half, available: AvailableMemory(bytes: 1 << 16, limit: .controlGroup))
    #expect(try #require(other?.problem).hasSuffix("; a smaller `train.batch_size` needs less"))
    #expect(try #require(other).needed < check.needed)
    let plenty = try #require(MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 40, limit: .machine)))
    #expect(plenty.problem == nil)
  }

  @Test("grows with the images of a batch, and needs no network to be counted")
  func growth() throws {
    let huge = ArchitectureSpec(
      name: "vgg19", depth: 19, block: .plain, width: 8, input: [3, 32, 32], classes: 10)
    let graph = try ArchitectureRegistry.graph(huge)
    let memory = graph.trainingMemory(precision: .float32)
    let (one, two, three) = (memory.bytes(images: 1), memory.bytes(images: 2), memory.bytes(images: 3))
    #expect(one > 12 * 20_000_000 * 60)
    #expect(abs((three - two) - (two - one)) < 1e-6 * three)
    // A shard at a time, or as many as there are teams, each with its own gradients.
    let small = try ArchitectureRegistry.graph(
      ArchitectureSpec(name: "resnet20", depth: 20, block: .basic, input: [3, 32, 32], classes: 10)
    ).trainingMemory(precision: .float32)
    let whole = small.bytes(images: 64)
    let shards = [1, 2, 8].map { small.bytes(TrainSpec(epochs: 1, batchSize: 64, shards: 8), threads: $0) }
    #expect(shards[0] < whole && shards[0] < shards[1] && shards[1] < shards[2] && shards[2] > whole)
  }
}
