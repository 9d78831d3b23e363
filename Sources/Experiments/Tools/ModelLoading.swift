import Architectures
import Compute
import Network
import Specification

extension ExperimentSpec {
  /// The experiment's network for its first seed, with the weights of a file, or else those that it starts from.
  func network(weights: String? = nil, engine: Engine) throws(ToolError) -> Network {
    guard let network = ArchitectureRegistry.build(architecture, seed: seeds.first ?? 0, engine: engine)
    else {
      throw .file("\(architecture.name): no such architecture")
    }
    if let path = weights ?? architecture.weights {
      do { try network.load(contentsOf: path) } catch { throw .file("\(error)") }
    }
    return network
  }
}
