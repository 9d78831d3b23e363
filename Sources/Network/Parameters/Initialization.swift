import Compute
import Foundation

extension ParameterStore {
  /// Draws random weights that depend only on the seed: each operation declares the distribution of
  /// its tensors, and each random tensor has a separate random stream, by its index.
  func initialize(_ graph: Graph, seed: UInt64) {
    var index = 0
    func fill(_ parameter: Parameter, _ draw: (inout RandomStream) -> Float) {
      var stream = RandomStream(seed: seed, purpose: .initialization, index: index)
      for position in parameter.value.values.indices { parameter.value.values[position] = draw(&stream) }
      index += 1
    }
    for node in graph.nodes.indices {
      let shapes = graph.nodes[node].operation.parameters(graph.inputShapes(node))
      for (parameter, shape) in zip(self[node], shapes) {
        switch shape.initial {
        case .constant(let value):
          parameter.value = Tensor(shape: shape.shape, repeating: value)
        case .normal(let deviation):
          fill(parameter) { Float($0.normal() * deviation) }
        case .uniform(let bound):
          fill(parameter) { (2 * $0.uniform() - 1) * bound }
        }
      }
    }
  }
}

extension RandomStream {
  /// Standard normal (Box and Muller 1958, the cosine half).
  mutating func normal() -> Double {
    let radius = 1 - Double(next() >> 11) * 0x1p-53
    let angle = Double(next() >> 11) * 0x1p-53
    return (-2 * log(radius)).squareRoot() * cos(2 * Double.pi * angle)
  }
}
