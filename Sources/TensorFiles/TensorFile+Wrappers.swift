extension TensorFile {
  /// Prefixes that PyTorch's `DataParallel`, `DistributedDataParallel` and `torch.compile` add to
  /// every name.
  private static let wrappers = ["module.", "_orig_mod."]

  /// By name, the name without a wrapper's prefix, if all names have it.
  package static func withoutWrappers(_ names: [String]) -> [String: String] {
    var prefix = ""
    // A compiled model may be wrapped again.
    while let next = wrappers.first(where: { wrapper in names.allSatisfy { $0.hasPrefix(prefix + wrapper) } }
    ),
      !names.isEmpty
    {
      prefix += next
    }
    return Dictionary(names.map { ($0, String($0.dropFirst(prefix.count))) }) { first, _ in first }
  }

  /// The file without a wrapper's prefix in the names of tensors, if all of them have it.
  public func unwrapped() -> TensorFile {
    let names = Self.withoutWrappers(Array(tensors.keys) + Array(integers.keys))
    func shortened<Value>(_ values: [String: Value]) -> [String: Value] {
      Dictionary(uniqueKeysWithValues: values.map { (names[$0.key] ?? $0.key, $0.value) })
    }
    return TensorFile(
      tensors: shortened(tensors), integers: shortened(integers),
      integerShapes: shortened(integerShapes.filter { integers[$0.key] != nil }), metadata: metadata)
  }
}
