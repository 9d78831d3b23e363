import Network

extension Network {
  /// The first parameter or running statistic, by name, with a value that is not finite: the
  /// network has diverged.
  public var firstNonFiniteTensor: String? {
    tensors.filter { !$0.value.values.allSatisfy { $0.isFinite } }.keys.min()
  }
}
