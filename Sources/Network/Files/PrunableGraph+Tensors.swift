import TensorFiles

// Whether a file's tensors are those of a graph, which needs their names and shapes alone.

extension PrunableGraph {
  static let keptPrefix = "espalier.kept."

  /// Shapes of all tensors of the current graph, by name.
  var tensorShapes: [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for shape in node.operation.parameters(graph.inputShapes(index)) {
        shapes[node.tensors + "." + shape.name] = shape.shape
      }
    }
    return shapes
  }

  /// The tensors of the layers whose channels are the logits, and of their batch norms.
  var headTensors: [String] {
    graph.nodes.indices.filter { node in
      structure.classes.classes(of: graph.output(of: node)).contains(where: structure.logits.contains)
    }.flatMap { index in
      let node = graph.nodes[index]
      return node.operation.parameters(graph.inputShapes(index)).map { node.tensors + "." + $0.name }
    }
  }

  /// Checks the header of a file: whether its tensors, with the remaining channels in its metadata,
  /// are those of the graph.
  ///
  /// - Parameter newHead: whether the file's classifier is ignored
  /// - Throws: the errors of loading the file, except those about values.
  public func check(
    _ header: TensorHeader, from path: String, newHead: Bool = false
  ) throws(ModelFileError) {
    let pruned = try starting(from: header, path, newHead: newHead)
    let head = newHead ? headTensors : []
    var shapes = withOwnNames(header.shapes)
    // The new classifier reads the channels that are left.
    let own = pruned.tensorShapes
    for name in head { shapes[name] = own[name] }
    try pruned.check(shapes, withOwnNames(header.integerTypes), header.metadata, from: path)
  }

  /// The graph without the channels that a file lacks, by its metadata: that of a training that
  /// starts from the file.
  ///
  /// - Parameter newHead: whether the file's classifier is ignored
  /// - Throws: ``ModelFileError/badChannels(file:group:reason:)`` if the graph lacks the channels.
  public func starting(
    from header: TensorHeader, _ path: String, newHead: Bool = false
  ) throws(ModelFileError) -> PrunableGraph {
    var start = self
    if !fits(withOwnNames(header.shapes), except: newHead ? headTensors : []) {
      _ = start.keep(channels: try keptChannels(header.metadata, from: path))
    }
    start.markStart()
    return start
  }

  private func withOwnNames<Value>(_ tensors: [String: Value]) -> [String: Value] {
    let names = ownNames(Array(tensors.keys))
    return Dictionary(uniqueKeysWithValues: tensors.map { (names[$0.key] ?? $0.key, $0.value) })
  }

  /// The graph's names for the tensors of a file: without the prefix of PyTorch's wrappers, and
  /// with the graph's choice of `downsample` or `shortcut` for the projection of a residual block.
  func ownNames(_ names: [String]) -> [String: String] {
    let own = tensorShapes
    // A network that was imported from the file has the same names as the file.
    if own.keys.allSatisfy(Set(names).contains) { return [:] }
    let bare = TensorFile.withoutWrappers(names)
    // No two names of a file may become the same.
    var taken = Set(bare.values)
    var names = bare
    for (key, name) in bare.sorted(by: { $0.key < $1.key }) where own[name] == nil {
      let others = [(".downsample.", ".shortcut."), (".shortcut.", ".downsample.")].map {
        name.replacing($0, with: $1)
      }
      if let other = others.first(where: { own[$0] != nil && !taken.contains($0) }) {
        taken.insert(other)
        names[key] = other
      }
    }
    return names
  }

  func fits(_ shapes: [String: [Int]], except ignored: [String]) -> Bool {
    tensorShapes.allSatisfy { ignored.contains($0.key) || shapes[$0.key] == $0.value }
  }

  /// - Parameters:
  ///   - found: shapes of the file's floating-point tensors, by name
  ///   - integers: types of its integer tensors, by name
  /// - Throws: ``ModelFileError`` when a tensor is missing, superfluous or of another shape.
  func check(
    _ found: [String: [Int]], _ integers: [String: String], _ metadata: [String: String], from path: String
  ) throws(ModelFileError) {
    let own = tensorShapes
    for name in own.keys.sorted() where found[name] == nil {
      if let type = integers[name] { throw .integers(file: path, tensor: name, type: type) }
      if let prefix = TensorFile.wrappers.first(where: { found[$0 + name] != nil }) {
        throw .partlyWrapped(file: path, tensor: name, prefix: prefix)
      }
      throw .missing(file: path, tensor: name)
    }
    try checkShapes(found, own, metadata, from: path)
    for name in found.keys.sorted() where own[name] == nil && !name.hasSuffix("num_batches_tracked") {
      throw .unexpected(file: path, tensor: name)
    }
  }

  private func checkShapes(
    _ file: [String: [Int]], _ own: [String: [Int]], _ metadata: [String: String], from path: String
  ) throws(ModelFileError) {
    let others = own.keys.sorted().compactMap { name -> (name: String, expected: [Int], found: [Int])? in
      guard let expected = own[name], let found = file[name], expected != found else { return nil }
      return (name, expected, found)
    }
    guard let first = others.first else { return }
    let classifier = headTensors
    if let found = first.found.first, first.expected.first == graph.classes,
      others.allSatisfy({ classifier.contains($0.name) && $0.found.dropFirst() == $0.expected.dropFirst() })
    {
      throw .otherClasses(file: path, expected: graph.classes, found: found)
    }
    let isSmaller = others.allSatisfy { other in
      other.found.count == other.expected.count && zip(other.found, other.expected).allSatisfy(<=)
    }
    if isSmaller, !metadata.keys.contains(where: { $0.hasPrefix(Self.keptPrefix) }) {
      throw .lostChannels(file: path, tensor: first.name, expected: first.expected, found: first.found)
    }
    throw .wrongShape(file: path, tensor: first.name, expected: first.expected, found: first.found)
  }

  /// The remaining channels in a file's metadata, by group.
  func keptChannels(
    _ metadata: [String: String], from path: String
  ) throws(ModelFileError) -> [String: [Int]] {
    var kept: [String: [Int]] = [:]
    let groups = Dictionary(uniqueKeysWithValues: (channelGroups + streamGroups).map { ($0.name, $0) })
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key.hasPrefix(Self.keptPrefix) {
      let name = String(key.dropFirst(Self.keptPrefix.count))
      guard let group = groups[name] else {
        throw .badChannels(file: path, group: name, reason: "the network has no such prunable layer")
      }
      let fields = value.split(separator: ",", omittingEmptySubsequences: false)
      let channels = fields.compactMap { Int($0) }
      guard channels.count == fields.count else {
        throw .badChannels(file: path, group: name, reason: "expected channel numbers separated by commas")
      }
      let ascending = zip(channels, channels.dropFirst()).allSatisfy { $0 < $1 }
      guard ascending, let first = channels.first, let last = channels.last, first >= 0,
        last < group.originalCount
      else {
        let range = "ascending numbers from 0 to \(group.originalCount - 1)"
        throw .badChannels(file: path, group: name, reason: "expected \(range)")
      }
      guard Set(channels).isSubset(of: group.kept) else {
        throw .badChannels(file: path, group: name, reason: "channels that this network has lost already")
      }
      kept[name] = channels
    }
    return kept
  }
}
