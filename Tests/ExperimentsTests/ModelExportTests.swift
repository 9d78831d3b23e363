import Architectures
import Compute
import Foundation
import Network
import Specification
import TensorFiles
import Testing

@testable import Experiments

@Suite("Models as files that train again")
struct ModelExportTests {
  @Test(
    "give the same network and tensors, pruned in blocks or streams",
    arguments: ["resnet20", "vgg11", "mobilenet_v2", "resnet50", "efficientnet_b0"])
  func roundTrip(_ name: String) throws {
    let engine = try Engine(threads: 2)
    let entry = try #require(ArchitectureRegistry.entries.first { $0.name == name })
    let pixels = name == "vgg11" ? 32 : 24
    let spec = ArchitectureSpec(
      name: name, depth: entry.depth ?? 0, block: entry.block, input: [3, pixels, pixels], classes: 5)
    let network = try ArchitectureRegistry.build(spec, seed: 1, engine: engine)
    var removed: [String: Set<Int>] = [:]
    for (index, group) in (network.channelGroups + network.streamGroups).enumerated() {
      removed[group.name] = Set((0..<group.originalCount).filter { ($0 * 7 + index) % 3 == 0 })
    }
    network.remove(channels: removed)
    let declaration = try ArchitectureDeclaration(network.graph)
    let again = Network(
      try ArchitectureRegistry.graph(
        ArchitectureSpec(
          name: "layers", depth: 0, block: .plain, input: [3, pixels, pixels], classes: 5,
          declaration: declaration)),
      seed: 2, engine: engine)
    #expect(Set(again.tensors.keys) == Set(network.tensors.keys))
    try again.load(network.tensorFile(), from: "memory")
    var stream = RandomStream(seed: 3, purpose: .test)
    let shape = network.graph.input.planes(images: 2)
    let images = Planes(
      shape, dense: (0..<shape.channels * shape.pixelsPerChannel).map { _ in stream.uniform() })
    let (found, expected) = (again.evaluate(images), network.evaluate(images))
    #expect(found == expected)
    #expect(again.cost() == network.cost())
  }

  @Test("have a name that is valid however long the experiment's is")
  func longName() throws {
    var spec = try digits()
    spec.name = String(repeating: "n", count: 128)
    let network = try spec.network(engine: Engine(threads: 1))
    let again = try ModelExport.experiment(spec, of: network, weights: "m.safetensors", in: "again.yaml")
    #expect(again.name.count == 128 && again.name.hasSuffix("n-again"))
  }

  @Test("name the model's file relative to their own folder, or else to the working folder")
  func place() throws {
    let spec = try digits()
    let network = try spec.network(engine: Engine(threads: 1))
    let folder = FileManager.default.currentDirectoryPath
    let own = "${EXPERIMENT_FOLDER}/"
    for (path, file, written) in [
      (folder + "/results/model.safetensors", "again.yaml", own + "results/model.safetensors"),
      ("results/model.safetensors", folder + "/results/again.yaml", own + "model.safetensors"),
      ("results/$1/model.safetensors", "again.yaml", own + "results/$$1/model.safetensors"),
      ("results/model.safetensors", "/elsewhere/again.yaml", "results/model.safetensors"),
      (folder + "/results/model.safetensors", "/elsewhere/again.yaml", "results/model.safetensors"),
      (folder + "-2/model.safetensors", "again.yaml", folder + "-2/model.safetensors"),
    ] {
      let again = try ModelExport.experiment(spec, of: network, weights: path, in: file)
      let architecture = again.architecture
      #expect(architecture.unexpandedWeights ?? architecture.weights == written)
    }
  }

  @Test("find the model after their folder is moved, and after export")
  func moved() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    try run(spec, in: folder.path)
    let engine = try Engine(threads: 1)
    let moved = folder.path + "/moved $1"
    try FileManager.default.moveItem(atPath: folder.path + "/digits/seed-0/pruned", toPath: moved)
    let model = moved + "/model.safetensors"
    _ = try ModelExport.write(
      spec, weights: model, as: .yaml, to: folder.path + "/exported.yaml", engine: engine)
    for file in [moved + "/architecture.yaml", folder.path + "/exported.yaml"] {
      let again = try ExperimentFile.load(file, catalog: .standard, environment: [:])
      let path = try #require(again.architecture.weights)
      #expect(URL(fileURLWithPath: path).standardizedFileURL.path == model)
      #expect(
        try again.network(engine: engine).tensors == spec.network(weights: model, engine: engine).tensors)
    }
  }
}
