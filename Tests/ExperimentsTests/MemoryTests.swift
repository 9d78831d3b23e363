import Architectures
import Network
import Pruning
import Specification
import Testing

@testable import Compute
@testable import Experiments
@testable import MessagePassing

@Suite("Memory of a training")
struct MemoryTests {
  /// Its scoring needs no memory to speak of.
  private static let norm = "prune.criterion=l1_norm"

  @Test("that is not there is announced with both numbers and the limit")
  func tooLittle() throws {
    let spec = try digits([Self.norm])
    let check = try #require(
      MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 16, limit: .controlGroup)))
    let problem = try #require(check.problem)
    #expect(problem.hasPrefix("a training needs about "))
    #expect(problem.contains("0 MiB are available within the limit of the container"))
    #expect(problem.hasSuffix("; a smaller `train.batch_size` or `train.precision: bfloat16` needs less"))
    let half = try digits([Self.norm, "train.precision=bfloat16"])
    let other = MemoryCheck(half, available: AvailableMemory(bytes: 1 << 16, limit: .controlGroup))
    #expect(try #require(other?.problem).hasSuffix("; a smaller `train.batch_size` needs less"))
    #expect(try #require(other).needed < check.needed)
    let plenty = try #require(MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 40, limit: .machine)))
    #expect(plenty.problem == nil)
  }

  @Test("is that of a process's own shards, of all its neighbours, and of all jobs")
  func sharing() throws {
    let spec = try digits([Self.norm, "train.shards=4", "train.batch_size=256"])
    func needed(
      _ limit: AvailableMemory.Limit = .machine, beside: [Double]? = [], processes: Int = 1, here: Int = 1
    ) throws -> Double {
      try #require(
        MemoryCheck(
          spec, available: AvailableMemory(bytes: 1 << 40, limit: limit), threads: 4, beside: beside,
          processes: processes, here: here)
      ).needed
    }
    let (whole, quarter) = (try needed(), try needed(processes: 4))
    #expect(quarter < whole / 2)
    #expect(try needed(processes: 4, here: 4) == 4 * quarter)
    #expect(try needed(.addressSpace, processes: 4, here: 4) == quarter, "each process has this limit")
    for limit in [AvailableMemory.Limit.machine, .addressSpace] {
      #expect(try needed(limit, beside: [whole, 5]) == 2 * whole + 5)
    }
    #expect(try needed(beside: nil) == 0)
  }

  @Test("is enough for a process that has a quarter, and not for two trainings where it is for one")
  func suite() throws {
    let large = try digits([Self.norm, "train.shards=4", "train.batch_size=256"])
    let small = try digits([Self.norm, "train.batch_size=32"])
    func needed(_ spec: ExperimentSpec, processes: Int = 1) throws -> Double {
      try #require(MemoryCheck.training(spec, threads: 4, processes: processes))
    }
    func memory(
      _ bytes: Double, _ trainings: [ExperimentSpec], jobs: Int = 1, group: ProcessGroup = .alone
    ) -> SuiteMemory {
      SuiteMemory(
        jobs: jobs, threads: 4, group: group,
        available: AvailableMemory(bytes: Int(bytes) + 1, limit: .machine), trainings: trainings)
    }
    func fits(_ memory: SuiteMemory, _ spec: ExperimentSpec) -> Bool {
      memory.problem(of: spec, trains: true) == nil
    }
    let (whole, quarter, other) = (
      try needed(large), try needed(large, processes: 4), try needed(small)
    )
    let (spread, unknown) = (
      ProcessGroup(rank: 0, count: 4, here: 1, library: nil),
      ProcessGroup(rank: 0, count: 4, here: nil, library: nil)
    )
    #expect(quarter < whole && other < whole)
    #expect(fits(memory(quarter, [large], group: spread), large))
    #expect(!fits(memory(quarter, [large], group: unknown), large))
    #expect(fits(memory(whole, [large], group: unknown), large))
    #expect(!fits(memory(quarter, [large]), large))
    #expect(fits(memory(whole, [large, large]), large))
    #expect(fits(memory(whole, [large], jobs: 2), large))
    #expect(!fits(memory(whole, [large, large], jobs: 2), large))
    let mixed = memory(whole + other, [small, large, small, small], jobs: 2)
    #expect(fits(mixed, large) && fits(mixed, small))
    #expect(mixed.problem(of: large, trains: false) == nil)
    let tight = memory(2 * other, [large, large, small, small], jobs: 2)
    #expect(fits(tight, small) && !fits(tight, large))
  }

  @Test("that is not there for two jobs at the same time ends the experiment before its trainings")
  func jobs() throws {
    let folder = try TemporaryFolder()
    let spec = try digits([Self.norm])
    let needed = try #require(MemoryCheck.training(spec, threads: 1))
    let runner = ExperimentRunner(
      engines: try (0..<2).map { _ in try Engine(threads: 1) }, results: folder.path,
      availableMemory: { AvailableMemory(bytes: Int(needed) + 1, limit: .machine) }, progress: .silent,
      interruption: Interruption())
    let failure = try #require(runner.run([spec]).first?.failure?.description)
    #expect(failure.hasPrefix("2 trainings at the same time need about "))
    #expect(
      failure.hasSuffix(
        "; fewer `--jobs` or a smaller `train.batch_size` or `train.precision: bfloat16` needs less"))
  }

  @Test("of scores from gradients is that of a whole batch in single precision")
  func gradients() throws {
    func needed(_ criterion: String, _ overrides: String...) throws -> Double {
      let spec = try digits(["prune.criterion=\(criterion)", "train.batch_size=256"] + overrides)
      let plenty = AvailableMemory(bytes: 1 << 40, limit: .machine)
      return try #require(MemoryCheck(spec, available: plenty, threads: 1)).needed
    }
    let whole = try needed("taylor")
    #expect(try needed("l1_norm") == whole)
    for override in ["train.precision=bfloat16", "train.shards=4"] {
      #expect(try needed("taylor", override) == whole)
      #expect(try needed("l1_norm", override) < whole)
    }
  }

  @Test("of scores by relevance is that of all threads' images in single precision")
  func relevance() throws {
    func check(_ threads: Int, _ overrides: String...) throws -> MemoryCheck {
      let spec = try digits(["train.batch_size=256"] + overrides)
      return try #require(
        MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 16, limit: .machine), threads: threads))
    }
    let training = try check(1)
    #expect(try check(1, Self.norm).needed == training.needed)
    let half = "train.precision=bfloat16"
    let (eight, twelve, sixteen) = (try check(8, half), try check(12, half), try check(16))
    #expect(sixteen.needed > training.needed && eight.needed < twelve.needed)
    #expect(sixteen.needed - twelve.needed == twelve.needed - eight.needed)
    #expect(try check(16, half).needed == sixteen.needed)
    #expect(try check(16, "prune.samples=16").needed == training.needed)
    let advice = "; fewer `--threads` or a smaller `train.batch_size` needs less"
    #expect(sixteen.problem?.hasSuffix(advice) == true)
    #expect(training.problem?.contains("threads") == false)
    // Forty threads share the layers of one of the sixteen parts after the other.
    #expect(try check(40, half).problem?.contains("threads") == false)
  }

  @Test("for the latency of a batch that does not fit is reported before the training")
  func latency() throws {
    func check(_ size: Int, bytes: Int, beside: [Double]? = []) throws -> MemoryCheck {
      let spec = try digits(["evaluate.latency={batch_sizes: [1, \(size)]}"])
      return try #require(
        MemoryCheck(
          spec, available: AvailableMemory(bytes: bytes, limit: .machine), threads: 1, beside: beside))
    }
    let (small, large) = (try check(32, bytes: 1 << 26), try check(65536, bytes: 1 << 26))
    #expect(small.problem == nil && small.setting == "train.batch_size")
    #expect(large.setting == "evaluate.latency.batch_sizes")
    #expect(large.problem?.hasPrefix("measuring the latency of a batch of 65536 needs about ") == true)
    #expect(large.problem?.hasSuffix("; smaller `evaluate.latency.batch_sizes` need less") == true)
    #expect(try check(65536, bytes: 1 << 26, beside: nil).problem == large.problem)
    // The image and the output of a convolution, at least.
    #expect(large.needed > 65536 * 4 * 64 * 2)
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
    // A shard is small enough to save what the whole batch recomputes.
    let large = small.bytes(TrainSpec(epochs: 1, batchSize: 1024, shards: 16), threads: 16)
    #expect(large == 16 * (whole - small.bytes(images: 0)) + (5 + 16 * 2) * small.parameters)
    #expect(large > small.bytes(images: 1024) + 16 * 2 * small.parameters)
  }
}
