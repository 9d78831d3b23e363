extension TensorFile {
  /// Prefixes that PyTorch's `DataParallel`, `DistributedDataParallel` and `torch.compile` add to
  /// every name.
  package static let wrappers = ["module.", "_orig_mod."]

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

  /// The file with tensors renamed.
  ///
  /// - Parameter names: new names by old name, all different
  package func renamed(_ names: [String: String]) -> TensorFile {
    func renamed<Value>(_ values: [String: Value]) -> [String: Value] {
      Dictionary(values.map { (names[$0.key] ?? $0.key, $0.value) }) { first, _ in first }
    }
    var file = TensorFile(
      tensors: renamed(tensors), integers: renamed(integers),
      integerShapes: renamed(integerShapes.filter { integers[$0.key] != nil }), metadata: metadata)
    file.narrowIntegerTypes = renamed(narrowIntegerTypes)
    return file
  }
}
