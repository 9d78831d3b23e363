import Compute
import Foundation

extension Network {
  /// Random weights that depend on the seed alone.
  ///
  /// Convolutions: normal with variance 2 / (outputs * k * k) (He et al. 2015, arXiv 1502.01852, fan-out), biases 0.
  /// Batch norm: scale 1, shift 0. Linear layers: uniform within 1 / sqrt(inputs), weights and biases.
  public func initialize(seed: UInt64) {
    var index = 0
    func fill(_ parameter: Parameter, _ draw: (inout RandomStream) -> Float) {
      var stream = RandomStream(seed: seed, purpose: .initialization, index: index)
      for position in parameter.value.values.indices { parameter.value.values[position] = draw(&stream) }
      index += 1
    }
    for unit in units {
      let convolution = unit.convolution
      let fanOut = convolution.outputs * convolution.kernel * convolution.kernel
      let deviation = (2 / Double(fanOut)).squareRoot()
      fill(convolution.weight) { Float($0.normal() * deviation) }
    }
    for layer in classifier {
      let bound = 1 / Float(layer.inputs).squareRoot()
      for parameter in [layer.weight, layer.bias] {
        fill(parameter) { (2 * $0.uniform() - 1) * bound }
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
