import Compute
import Testing

@testable import Benchmarks

@Suite("Benchmark cases")
struct BenchmarkCaseTests {
  private let engine: Engine

  init() throws { engine = try Engine(threads: 2) }

  @Test("cut the inner convolutions and leave the stream whole")
  func inner() throws {
    let network = try BenchmarkCase("resnet20:inner=0.5").build(engine: engine)
    let layers = Dictionary(uniqueKeysWithValues: network.layers().map { ($0.name, $0) })
    #expect(layers["layer1.0.conv1"]?.channels == 8)
    #expect(layers["layer3.2.conv1"]?.channels == 32)
    #expect(layers["layer3.2.conv2"]?.channels == 64)
    #expect(network.prunableChannels == (3 * 16 + 3 * 32 + 3 * 64) * 3 / 2)
  }

  @Test("cut VGG's layers")
  func width() throws {
    let network = try BenchmarkCase("vgg16:0.6").build(engine: engine)
    #expect(network.layers().first?.channels == 38)
  }

  @Test(
    "have the images that an architecture is made for, or that are asked for",
    arguments: [("resnet20", 32), ("densenet", 32), ("resnet18", 224), ("mobilenet_v2@224", 224)])
  func images(_ name: String, _ pixels: Int) throws {
    let network = try BenchmarkCase(name).build(engine: engine)
    #expect(network.input == PlaneShape(channels: 3, images: 1, rows: pixels, columns: pixels))
    #expect(network.classes == (pixels == 224 ? 1000 : 10))
  }

  @Test("are also one convolution, whose profile has it forward and both gradients")
  func convolution() throws {
    let profile = try NetworkProfile(
      of: BenchmarkCase("convolution:inputs=6,groups=6,stride=2@8"), precision: .float32, batch: 4,
      seconds: 0, engine: engine)
    let measured = profile.rows.filter { $0.layer == "convolution" }
    #expect(Set(measured.map(\.work)) == ["forward", "input gradient", "weight gradient"])
    #expect(measured.allSatisfy { $0.algorithm == "depthwise" && $0.megaMACs == 4 * 6 * 4 * 4 * 9 / 1e6 })
  }

  @Test("are one convolution in profiles only")
  func profiledConvolution() throws {
    let benchmark = try BenchmarkCase("convolution:inputs=6")
    try benchmark.check(isProfiled: true)
    let error = BenchmarkCaseError(
      name: "convolution:inputs=6", reason: "a convolution is measured with --profile only")
    #expect(throws: error) { try benchmark.check(isProfiled: false) }
    try BenchmarkCase("resnet20").check(isProfiled: false)
  }

  @Test(
    "are refused by name",
    arguments: [
      "", "resnet21", "resnet20:0.5", "vgg16:inner=0.5", "resnet20:inner=0", "vgg16:2", "vgg16:", "resnet20@",
      "resnet20@0", "convolution", "convolution:", "convolution:outputs=3", "convolution:inputs=4,groups=3",
      "convolution:inputs=4,kernel=9@4,padding=1", "convolution:inputs=0", "convolution:inputs=4,size=3",
      "convolution:inputs=4@2@2", "convolution:inputs=4,inputs=4", "convolution:inputs=4,groups=4,stride=5@4",
      "convolution:inputs=1,kernel=11@4", "convolution:inputs=65536,outputs=65536",
    ])
  func refused(_ name: String) {
    #expect(throws: BenchmarkCaseError(name: name)) { try BenchmarkCase(name) }
  }

  @Test(
    "are measured in each mode, and all but scoring in each precision",
    arguments: [
      (Throughput.Mode.train, Precision.float32), (.train, .bfloat16), (.infer, .float32),
      (.infer, .bfloat16), (.score, .float32),
    ])
  func measured(_ mode: Throughput.Mode, _ precision: Precision) throws {
    let result = try Throughput(
      of: BenchmarkCase("resnet20:inner=0.1"), mode: mode, precision: precision, batch: 2, seconds: 0,
      engine: engine)
    #expect(result.precision == precision.rawValue)
    #expect(result.imagesPerSecond > 0)
    #expect(result.peakMemory > 0)
    #expect(result.threads == 2)
  }
}
