import Architectures
import Compute
import Network
import Specification

extension ExperimentSpec {
  /// The experiment's network for its first seed, with the weights of a file, or else those that it starts from.
  func network(weights: String? = nil, engine: Engine) throws(ToolError) -> Network {
    guard let network = build(seed: seeds.first ?? 0, engine: engine) else {
      throw .file("\(architecture.name): no such architecture")
    }
    if let path = weights ?? architecture.weights {
      do { try network.load(contentsOf: path) } catch { throw .file("\(error)") }
    }
    return network
  }

  /// The experiment's network without weights.
  func structure() throws(ToolError) -> PrunableGraph {
    do throws(ArchitectureError) {
      var structure = PrunableGraph(try ArchitectureRegistry.graph(architecture))
      structure.prunesStreams = prune?.scope == .stream
      return structure
    } catch {
      throw .file("\(error)")
    }
  }

  /// The experiment's network with the seed's random weights; nil for an architecture that there is not.
  func build(seed: UInt64, engine: Engine) -> Network? {
    let network = ArchitectureRegistry.build(architecture, seed: seed, engine: engine)
    network?.prunesStreams = prune?.scope == .stream
    return network
  }
}
