import Architectures
import Network
import Specification
import Testing

@Suite("Built-in architectures")
struct ArchitectureRegistryTests {
  @Test(
    "have torchvision's parameters and multiply-accumulates at 224x224 pixels",
    arguments: [
      ("mobilenet_v2", 3_504_872, 300_774_272), ("densenet121", 7_978_856, 2_834_161_664),
      ("resnext50_32x4d", 25_028_904, 4_230_479_872), ("efficientnet_b0", 5_288_548, 385_814_752),
    ])
  func imagenet(_ name: String, _ parameters: Int, _ macs: Int) throws {
    let structure = PrunableGraph(
      try ArchitectureRegistry.graph(
        ArchitectureSpec(name: name, depth: 0, block: .plain, input: [3, 224, 224], classes: 1000)))
    #expect(structure.cost == Cost(parameters: parameters, macs: macs))
  }

  @Test("for small images have the published sizes")
  func cifar() throws {
    let dense = try ArchitectureRegistry.graph(
      ArchitectureSpec(
        name: "densenet", depth: 100, block: .plain, growth: 12, input: [3, 32, 32], classes: 10))
    // Huang et al. 2016, table 2: 0.8 M.
    #expect(PrunableGraph(dense).cost.parameters == 769_162)
    let mobile = try ArchitectureRegistry.graph(
      ArchitectureSpec(name: "mobilenet_v2", depth: 0, block: .plain, input: [3, 32, 32], classes: 10))
    #expect(PrunableGraph(mobile).cost.parameters == 2_236_682)
  }

  @Test(
    "that cannot be built say why",
    arguments: [
      ("resnet", 15, ArchitectureSpec.BlockKind.basic, 32, "6n + 2, found 15; nearest: 14 and 20"),
      ("resnet", 2, .basic, 32, "6n + 2, found 2; nearest: 8"),
      ("resnet", 14, .bottleneck, 32, "9n + 2, found 14; nearest: 11 and 20"),
      ("densenet", 101, .plain, 32, "6n + 4, found 101; nearest: 100 and 106"),
      ("vgg16", 16, .plain, 8, "does not fit images of 8 x 8 pixels"),
      ("resnet9", 9, .basic, 32, "there is no architecture"),
    ])
  func problems(
    _ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind, _ pixels: Int, _ part: String
  ) {
    var found: [String] = []
    let spec = ArchitectureSpec(
      name: name, depth: depth, block: block, growth: 12, input: [3, pixels, pixels], classes: 10)
    #expect(ArchitectureRegistry.outline(spec) { found.append($0.message) } == nil)
    #expect(found.count == 1 && found[0].contains(part), "\(found)")
  }

  @Test(
    "tell validation the channels that their networks have", arguments: ["resnet20", "vgg16", "mobilenet_v2"])
  func outline(_ name: String) throws {
    let entry = try #require(ArchitectureRegistry.entries.first { $0.name == name })
    let spec = ArchitectureSpec(
      name: name, depth: entry.depth ?? 0, block: entry.block, input: [3, 32, 32], classes: 10)
    let outline = try #require(ArchitectureRegistry.outline(spec) { _ in })
    let structure = PrunableGraph(try ArchitectureRegistry.graph(spec))
    #expect(
      outline.groups.filter { !$0.isHidden }.map(\.channels).reduce(0, +) == structure.prunableChannels)
  }

  @Test("tell validation the layers that can be excluded from pruning: those that make channels")
  func layers() throws {
    let spec = ArchitectureSpec(
      name: "densenet", depth: 10, block: .plain, growth: 4, input: [3, 32, 32], classes: 10)
    let outline = try #require(ArchitectureRegistry.outline(spec) { _ in })
    #expect(outline.layers.contains("dense1.0.conv1") && outline.layers.contains("fc"))
    #expect(!outline.layers.contains("dense1.0.bn1") && !outline.layers.contains("bn"))
  }

  @Test("tell validation how many channels of a grouped convolution are removed together")
  func widths() throws {
    let spec = ArchitectureSpec(
      name: "resnext50_32x4d", depth: 0, block: .plain, input: [3, 64, 64], classes: 10)
    let outline = try #require(ArchitectureRegistry.outline(spec) { _ in })
    let group = try #require(outline.groups.first { $0.name == "layer1.0.conv1" })
    #expect(group.channels == 4 && group.width == 32)
    #expect(outline.groups.contains { $0.width == 1 })
  }
}
