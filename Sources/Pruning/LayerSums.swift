import Compute

extension [String: [Double]] {
  /// Adds the values of a batch for the channels of a layer.
  mutating func add(_ values: [Double], to layer: String) {
    self[layer] = self[layer].map { zip($0, values).map(+) } ?? values
  }
}

/// The weights of each output channel or unit of `[outputs, ...]`, in order.
func filters(of weight: Tensor) -> [ArraySlice<Float>] {
  let size = weight.count / max(1, weight.shape[0])
  return (0..<weight.shape[0]).map { weight.values[$0 * size..<($0 + 1) * size] }
}
