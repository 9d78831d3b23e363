import Architectures
import Compute
import Specification
import TensorFiles
import Testing

@testable import Network

@Suite("Models from elsewhere")
struct ModelFileTests {
  private func network(width: Double = 0.5, classes: Int = 4) throws -> Network {
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: width, input: [1, 8, 8], classes: classes)
    return try #require(ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1)))
  }

  private func problem(_ file: TensorFile, _ network: Network) -> String? {
    do throws(ModelFileError) {
      try network.load(model: file, from: "w")
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("load under the names that a wrapper gave them, counters and all")
  func wrappers() throws {
    let model = try network()
    var file = TensorFile(
      tensors: Dictionary(uniqueKeysWithValues: model.tensors.map { ("module." + $0.key, $0.value) }))
    file.integers["module.bn1.num_batches_tracked"] = [12]
    let other = try network()
    #expect(problem(file, other) == nil)
    #expect(other.tensors == model.tensors)
  }

  @Test("with another number of classes say so, and what takes them")
  func classes() throws {
    let file = try network(classes: 10).tensorFile()
    #expect(
      problem(file, try network())
        == "w: its classifier has 10 classes, the network 4; `architecture.classes: 10` takes it, "
        + "`architecture.new_head: true` trains a new one")
    #expect(
      problem(try network(classes: 3).tensorFile(), try network())
        == "w: its classifier has 3 classes, the network 4; `architecture.new_head: true` trains a new one")
    #expect(
      problem(try network(width: 1, classes: 10).tensorFile(), try network())
        == "w: tensor bn1.bias has shape [16], expected [8]")
  }

  @Test("that are pruned and have lost their metadata say so")
  func lostMetadata() throws {
    let pruned = try network()
    pruned.remove(channels: ["layer1.0.conv1": [0, 3]])
    var file = pruned.tensorFile()
    #expect(problem(file, try network()) == nil)
    file.metadata = [:]
    #expect(
      problem(file, try network())
        == "w: tensor layer1.0.bn1.bias has shape [6], expected [8]: a pruned model whose metadata, espalier.kept.*, was"
        + " lost when another program wrote it, or one of another `architecture.width`; take the file that"
        + " `espalier run` wrote")
  }

  @Test("with values that are not finite are refused", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    var file = try network().tensorFile()
    file.tensors["fc.bias"]?.values[2] = value
    #expect(
      problem(file, try network())
        == "w: tensor fc.bias has values that are not finite, as after a training that diverged")
  }
}
