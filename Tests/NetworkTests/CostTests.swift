import Architectures
import Compute
import Specification
import Testing

@testable import Network

@Suite("Parameters and MACs")
struct CostTests {
  /// Derived by hand: stem 3*16*9, basic stages n blocks of two 3x3 convolutions, projections in
  /// the two later stages, batch norm 2 a channel, linear 64*10+10.
  @Test(
    "of CIFAR ResNets equal the closed form",
    arguments: [20, 32, 44, 56, 110])
  func basic(_ depth: Int) throws {
    let n = (depth - 2) / 6
    var parameters = 3 * 16 * 9 + 2 * 16 + 64 * 10 + 10
    var macs = 3 * 16 * 9 * 1024 + 640
    for (stage, width) in [16, 32, 64].enumerated() {
      let pixels = 1024 >> (2 * stage)
      let first = stage == 0 ? width : width / 2
      let weights = 9 * width * (first + (2 * n - 1) * width) + (stage == 0 ? 0 : first * width)
      parameters += weights + 2 * width * (2 * n + (stage == 0 ? 0 : 1))
      macs += weights * pixels
    }
    let cost = try cost("resnet\(depth)", depth, .basic)
    #expect(cost == Cost(parameters: parameters, macs: macs))
  }

  @Test("of known networks")
  func known() throws {
    #expect(try cost("resnet20", 20, .basic) == Cost(parameters: 272_474, macs: 40_813_184))
    #expect(try cost("resnet56", 56, .basic) == Cost(parameters: 855_770, macs: 125_747_840))
    #expect(try cost("resnet110", 110, .basic) == Cost(parameters: 1_730_714, macs: 253_149_824))
  }

  /// Parameters: those of torchvision's models. MACs: by hand, layer by layer, at 224x224 pixels.
  @Test(
    "of ImageNet ResNets equal torchvision's",
    arguments: zip([18, 34, 50], [11_689_512, 21_797_672, 25_557_032]))
  func imagenet(_ depth: Int, _ parameters: Int) throws {
    let blocks = depth == 18 ? [2, 2, 2, 2] : [3, 4, 6, 3]
    let expansion = depth == 50 ? 4 : 1
    var macs = 112 * 112 * 64 * 3 * 49 + 512 * expansion * 1000
    var stream = 64
    for (stage, count) in blocks.enumerated() {
      let (width, size) = (64 << stage, 56 >> stage)
      for block in 0..<count {
        // Of a bottleneck the first convolution comes before the stride.
        let before = stage > 0 && block == 0 ? 2 * size : size
        macs +=
          expansion == 1
          ? size * size * 9 * width * (stream + width)
          : before * before * stream * width + size * size * width * (9 * width + 4 * width)
        if stream != width * expansion { macs += size * size * stream * width * expansion }
        stream = width * expansion
      }
    }
    let name = "resnet\(depth)"
    let network = try network(name, depth, depth == 50 ? .bottleneck : .basic, images: .imagenet)
    #expect(network.cost() == Cost(parameters: parameters, macs: macs))
    // What hooks on torchvision's models count.
    #expect(macs == [18: 1_814_073_344, 34: 3_663_761_408, 50: 4_089_184_256][depth])
  }

  @Test("prunable channels are as many as the paper's program has")
  func prunable() throws {
    #expect(try network("resnet56", 56, .basic).prunableChannels == 2016)
    #expect(try network("resnet110", 110, .basic).prunableChannels == 4032)
    let vgg = try network("vgg16", 16, .plain)
    #expect(vgg.prunableChannels == 4096)
    #expect(vgg.channelGroups.last?.originalCount == 512)
    #expect(try network("resnet34", 34, .basic).prunableChannels == 7552)
  }

  @Test("are predicted as they are after a removal")
  func hypothetical() throws {
    let network = try network("vgg16", 16, .plain)
    let removed = Dictionary(
      uniqueKeysWithValues: network.channelGroups.map { ($0.name, Set(0..<$0.originalCount / 2)) })
    let predicted = network.structure.removing(removed).cost
    network.remove(channels: removed)
    #expect(network.cost() == predicted)
  }

  private func network(
    _ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind,
    images: Catalog.Architecture.Images = .cifar10
  ) throws -> Network {
    let spec = ArchitectureSpec(
      name: name, depth: depth, block: block, input: images.input, classes: images.classes)
    return try ArchitectureRegistry.build(spec, seed: 0, engine: Engine(threads: 1))
  }

  private func cost(_ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind) throws -> Cost {
    try network(name, depth, block).cost()
  }
}
