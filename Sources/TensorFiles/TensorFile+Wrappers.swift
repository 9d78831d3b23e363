extension TensorFile {
  /// What PyTorch's `DataParallel`, `DistributedDataParallel` and `torch.compile` put before every name.
  private static let wrappers = ["module.", "_orig_mod."]

  /// The file with the names that tensors have without a wrapper, where all of them have its prefix.
  public func unwrapped() -> TensorFile {
    let names = Array(tensors.keys) + Array(integers.keys)
    guard let prefix = Self.wrappers.first(where: { prefix in names.allSatisfy { $0.hasPrefix(prefix) } }),
      !names.isEmpty
    else { return self }
    func shortened<Value>(_ values: [String: Value]) -> [String: Value] {
      Dictionary(uniqueKeysWithValues: values.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }
    let inner = TensorFile(
      tensors: shortened(tensors), integers: shortened(integers),
      integerShapes: shortened(integerShapes.filter { integers[$0.key] != nil }), metadata: metadata)
    // A compiled model may be wrapped again.
    return inner.unwrapped()
  }
}
