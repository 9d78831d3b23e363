/// `architecture`: its keys, how they become an ``ArchitectureSpec`` and back.
struct ArchitectureSection: Sendable {
  let name: Field<String>
  let depth = Field(
    "depth", .wholeNumber(1...2_000),
    "Layers with weights, for a family: required for `resnet`; default for `densenet`: 100.")
  let block = Field(
    "block", .choice(ArchitectureSpec.BlockKind.allCases.map(\.rawValue), "block"),
    "Block type of a family such as `resnet`; plain only with a fixed name.")
  let width = Field(
    "width", .number(Bounds(lower: 0, includesLower: false, upper: 64)), default: 1,
    "Multiplies the channels of every layer of a ResNet or VGG.")
  let input = Field(
    "input", .list(of: .wholeNumber(1...65_536), count: 3),
    "Channels, rows and columns of an image; the data set's is the default and the only value.")
  let classes = Field(
    "classes", .wholeNumber(2...1_000_000), "Outputs of the network; default: the data set's classes.")
  let weights = Field(
    "weights", .path,
    "A safetensors or ONNX file to start from instead of random weights; relative to the working directory,"
      + " or to this file after `${EXPERIMENT_FOLDER}/`.")
  let newHead = Field(
    "new_head", .boolean, default: false,
    "Replaces the classifier of `weights` by a randomly initialized one, for example for other classes.")
  let onnx = Field(
    "onnx", .path,
    "An ONNX file to import network and weights from; `weights: null` for random weights;"
      + " relative to the working directory, or to this file after `${EXPERIMENT_FOLDER}/`.")

  let growth = Field(
    "growth", .wholeNumber(1...1_024), "Channels that each layer of a `densenet` adds; default: 12.")
  private let layerKinds: [Catalog.LayerKind]

  init(_ catalog: Catalog) {
    name = Field(
      "name", .choice(catalog.architectures.map(\.name), "architecture"), required: false,
      "The network: a fixed one such as `resnet56`, or a family such as `resnet` with a depth.")
    layerKinds = catalog.layerKinds
  }

  var keys: [Key] {
    [
      name.key, depth.key, block.key, growth.key, width.key, input.key, classes.key, weights.key, newHead.key,
      onnx.key,
    ] + declarationKeys
  }

  private static let leaveOut = "; leave the key out"

  /// The keys that say what the network is.
  var sources: [String] { [name.name, "layers", onnx.name] }

  func read(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> ArchitectureSpec? {
    let before = mapping.context.diagnostics.count
    let input = readInput(mapping, dataset)
    let classes = readClasses(mapping, dataset)
    let width = mapping[width]
    let weights = mapping.optional(weights)
    let newHead = mapping[newHead]
    let network =
      mapping.has(onnx.name)
      ? readONNX(mapping) : mapping.has("layers") ? readDeclared(mapping) : readNamed(mapping)
    guard var spec = network else { return nil }
    spec.width = width ?? 1
    spec.input = input ?? [3, 224, 224]
    spec.classes = classes ?? 10
    guard width != nil, let weights, let newHead, input != nil, classes != nil else {
      // These numbers can be checked without the images.
      check(spec, mapping, keys: [depth.name, self.width.name])
      return nil
    }
    if weights != nil || mapping.isNull(self.weights.name) {
      spec.weights = weights
      spec.unexpandedWeights = mapping.unexpandedPath(self.weights, of: weights)
    } else {
      (spec.weights, spec.unexpandedWeights) = (spec.onnx, spec.unexpandedONNX)
    }
    spec.hasNewHead = newHead
    if newHead, spec.weights == nil, spec.onnx == nil {
      mapping.reportKey(self.newHead.name, "without `weights` every layer is new; leave the key out")
      return nil
    }
    if mapping.context.diagnostics.count == before { check(spec, mapping) }
    if mapping.context.diagnostics.count == before, let problem = mapping.context.catalog.weightsProblem(spec)
    {
      mapping.report(self.weights.name, problem)
    }
    return spec
  }

  /// Whether the network can be built for the images.
  ///
  /// - Parameter keys: those whose problems are reported; nil for all
  private func check(_ spec: ArchitectureSpec, _ mapping: MappingReader, keys: [String]? = nil) {
    _ = mapping.context.catalog.outline(spec) { problem in
      guard keys?.contains(problem.key) ?? true else { return }
      if let place = problem.place {
        mapping.context.report(place, problem.path ?? mapping.path, problem.message)
      } else {
        mapping.report(problem.key, problem.message)
      }
    }
  }

  // MARK: Declared layers

  private var declarationKeys: [Key] {
    Self.declarationSummaries.map { name, summary in
      Key(name: name, summary: summary, shape: .value(DeclarationSchema(kinds: layerKinds).schema(of: name)))
    }
  }

  private static let declarationSummaries = [
    ("parameters", "Numbers that the layers may use."),
    ("blocks", "Templates of layers, by name: `parameters` with their defaults, and `layers`."),
    ("layers", "The network's layers; each reads the one before it, or those that it names."),
  ]

  /// A network whose layers are in an ONNX file.
  private func readONNX(_ mapping: MappingReader) -> ArchitectureSpec? {
    let others = [
      depth.name, block.name, growth.name, width.name, name.name, "parameters", "blocks", "layers",
    ]
    for key in others where mapping.has(key) {
      mapping.refuse(
        key, with: onnx.name, "an architecture with `onnx` has no \(quoted(key))", isMutual: true,
        advice: Self.leaveOut)
    }
    guard let path = mapping[onnx] else { return nil }
    var spec = ArchitectureSpec(name: "onnx", depth: 0, block: .plain, input: [], classes: 0)
    spec.onnx = path
    spec.unexpandedONNX = mapping.unexpandedPath(onnx, of: path)
    return spec
  }

  private func readDeclared(_ mapping: MappingReader) -> ArchitectureSpec? {
    for key in [depth.name, block.name, growth.name, width.name, name.name] where mapping.has(key) {
      mapping.refuse(
        key, with: "layers", "an architecture with `layers` has no \(quoted(key))", isMutual: true,
        advice: Self.leaveOut)
    }
    guard let layers = mapping.node("layers") else { return nil }
    let reader = DeclarationReader(context: mapping.context, path: mapping.path)
    return reader.read(
      parameters: mapping.node("parameters"), blocks: mapping.node("blocks"), layers: layers
    ).map { declaration in
      ArchitectureSpec(
        name: "layers", depth: 0, block: .plain, input: [], classes: 0, declaration: declaration)
    }
  }

  // MARK: Named architectures

  private func readNamed(_ mapping: MappingReader) -> ArchitectureSpec? {
    for key in ["parameters", "blocks"] where mapping.has(key) {
      mapping.refuse(key, with: name.name, "\(quoted(key)) belong to an architecture with `layers`")
    }
    if !mapping.has(name.name) {
      mapping.reportMissing(name.name, "the name of a network, or `layers`, or `onnx`")
    }
    guard let name = mapping[name] else {
      // Report errors in these even if their values are not used.
      _ = (mapping[depth], mapping[block], mapping[growth])
      return nil
    }
    guard let architecture = mapping.context.catalog.architectures.first(where: { $0.name == name }) else {
      return nil
    }
    let growth = readGrowth(architecture, mapping)
    guard let shape = readShape(architecture, mapping), let growth else { return nil }
    return ArchitectureSpec(
      name: name, depth: shape.depth, block: shape.block, growth: growth, input: [], classes: 0)
  }

  private func readGrowth(_ architecture: Catalog.Architecture, _ mapping: MappingReader) -> Int?? {
    guard let defaultValue = architecture.parameters[growth.name] else {
      if mapping.has(growth.name) {
        mapping.refuse(
          growth.name, with: name.name, "\(quoted(architecture.name)) has no growth", advice: Self.leaveOut)
        return nil
      }
      return .some(nil)
    }
    return mapping.has(growth.name) ? mapping[growth].map { .some($0) } : .some(defaultValue)
  }

  private func readShape(
    _ architecture: Catalog.Architecture, _ mapping: MappingReader
  ) -> (depth: Int, block: ArchitectureSpec.BlockKind)? {
    if let depth = architecture.depth { return readFixedShape(architecture, depth, mapping) }
    var block: ArchitectureSpec.BlockKind? = architecture.block
    if mapping.has(self.block.name) {
      block = mapping[self.block].flatMap { ArchitectureSpec.BlockKind(rawValue: $0) }
      if let written = block, (written == .plain) != (architecture.block == .plain) {
        mapping.report(
          self.block.name,
          (architecture.block == .plain
            ? "\(quoted(architecture.name)) has no residual blocks"
            : "\(quoted(architecture.name)) has basic or bottleneck blocks")
            + (mapping.wayToDrop(self.block.name, for: name.name) ?? ""))
        block = nil
      }
    }
    guard mapping.has(depth.name) else {
      if let depth = architecture.parameters[depth.name], let depth { return block.map { (depth, $0) } }
      mapping.reportMissing(depth.name, "the depth of the \(quoted(architecture.name))")
      return nil
    }
    guard let depth = mapping[self.depth], let block else { return nil }
    return (depth, block)
  }

  /// A fixed name implies depth and block; they are accepted only if they agree.
  private func readFixedShape(
    _ architecture: Catalog.Architecture, _ depth: Int, _ mapping: MappingReader
  ) -> (depth: Int, block: ArchitectureSpec.BlockKind) {
    if mapping.has(self.depth.name), let written = mapping[self.depth], written != depth {
      mapping.refuse(
        self.depth.name, with: name.name,
        "\(quoted(architecture.name)) has \(depth == 0 ? "no depth" : "the depth \(depth)")",
        advice: Self.leaveOut)
    }
    if mapping.has(block.name), let written = mapping[block], written != architecture.block.rawValue {
      mapping.refuse(
        block.name, with: name.name,
        "\(quoted(architecture.name)) has \(architecture.block.rawValue) blocks", advice: Self.leaveOut)
    }
    return (depth, architecture.block)
  }

  private func readInput(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> [Int]? {
    guard mapping.has(input.name) else { return dataset?.input }
    guard let input = mapping[input] else { return nil }
    guard let dataset, mapping.context.catalog.checksDatasets else { return input }
    guard input == dataset.input else {
      mapping.report(
        self.input.name,
        "the images of \(dataset.name) are \(dataset.input), found \(input); leave the key out"
          + (dataset.isPictures ? ", and set `dataset.size`" : ""))
      return nil
    }
    return input
  }

  private func readClasses(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> Int? {
    guard mapping.has(classes.name) else {
      if let dataset, dataset.classes == nil {
        mapping.reportMissing(
          classes.name, "the number of classes, because the folders of \(dataset.name) cannot be counted")
      }
      return dataset?.classes
    }
    guard let classes = mapping[classes] else { return nil }
    if mapping.context.catalog.checksDatasets, let dataset, let least = dataset.classes, classes < least {
      mapping.report(self.classes.name, "\(dataset.name) has \(least) classes, found \(classes)")
      return nil
    }
    return classes
  }

  func write(_ spec: ArchitectureSpec) -> JSON {
    var entries: [(String, JSON)] = []
    if case .object(let declared)? = spec.declaration?.text {
      entries = declared
    } else if let path = spec.onnx {
      entries = [spec.unexpandedONNX.map { (onnx.name, .string($0)) } ?? onnx.entry(path)]
    } else {
      entries = [
        name.entry(spec.name), depth.entry(spec.depth == 0 ? nil : spec.depth),
        block.entry(spec.block.rawValue),
        width.entry(spec.width),
      ]
      if let growth = spec.growth { entries.append(self.growth.entry(growth)) }
    }
    entries += [
      input.entry(spec.input), classes.entry(spec.classes),
      spec.unexpandedWeights.map { (weights.name, .string($0)) } ?? weights.entry(spec.weights),
    ]
    // Omitted if it is the default, so that older experiments keep their text.
    if spec.hasNewHead { entries.append(newHead.entry(true)) }
    return .object(entries)
  }
}
