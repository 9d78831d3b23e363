/// `architecture`: its keys, how they become an ``ArchitectureSpec`` and back.
struct ArchitectureSection: Sendable {
  let name: Field<String>
  let depth = Field(
    "depth", .wholeNumber(1...2_000),
    "Layers with weights, for a family such as `resnet`: 6n + 2 with basic, 9n + 2 with bottleneck blocks.")
  let block = Field(
    "block", .choice(ArchitectureSpec.BlockKind.allCases.map(\.rawValue), "block"),
    "What a network of a family repeats; plain only with a fixed name.")
  let width = Field(
    "width", .number(Bounds(lower: 0, includesLower: false, upper: 64)), default: 1,
    "Multiplies every layer's channels.")
  let input = Field(
    "input", .list(of: .wholeNumber(1...65_536), count: 3),
    "Channels, rows and columns; default, and only value: the data set's.")
  let classes = Field(
    "classes", .wholeNumber(2...1_000_000), "Outputs of the network; default: the data set's classes.")
  let weights = Field(
    "weights", .path,
    "A safetensors file to start from instead of random weights; relative to the working directory.")

  init(_ catalog: Catalog) {
    name = Field(
      "name", .choice(catalog.architectures.map(\.name), "architecture"), required: true,
      "The network: a fixed one such as `resnet56`, or a family such as `resnet` with a depth.")
  }

  var keys: [Key] { [name.key, depth.key, block.key, width.key, input.key, classes.key, weights.key] }

  func read(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> ArchitectureSpec? {
    let name = mapping[name]
    let architecture = mapping.context.catalog.architectures.first { $0.name == name }
    let shape = architecture.map { readShape($0, mapping) }
    if architecture == nil {
      // Errors in these are worth telling even if nothing can be made of the values.
      _ = (mapping[depth], mapping[block])
    }
    let width = mapping[width]
    let input = readInput(mapping, dataset)
    if let architecture, let input { checkHalvings(architecture, input, mapping) }
    let classes = readClasses(mapping, dataset)
    let weights = mapping.optional(weights)
    guard let name, case .some(.some(let shape)) = shape, let width, let input, let classes, let weights
    else { return nil }
    return ArchitectureSpec(
      name: name, depth: shape.depth, block: shape.block, width: width, input: input, classes: classes,
      weights: weights)
  }

  private func readShape(
    _ architecture: Catalog.Architecture, _ mapping: MappingReader
  ) -> (depth: Int, block: ArchitectureSpec.BlockKind)? {
    if let depth = architecture.depth { return readFixedShape(architecture, depth, mapping) }
    var block: ArchitectureSpec.BlockKind? = architecture.block
    if mapping.has(self.block.name) {
      block = mapping[self.block].flatMap { ArchitectureSpec.BlockKind(rawValue: $0) }
      if block == .plain, architecture.block != .plain {
        mapping.report(self.block.name, "\(quoted(architecture.name)) has basic or bottleneck blocks")
        block = nil
      }
    }
    guard mapping.has(depth.name) else {
      mapping.reportMissing(depth.name, "the depth of the \(quoted(architecture.name))")
      return nil
    }
    guard let depth = mapping[self.depth], let block else { return nil }
    let period = block == .bottleneck ? 9 : 6
    guard block == .plain || (depth >= period + 2 && depth % period == 2) else {
      let lower = (depth - 2) / period * period + 2
      let valid = [lower, lower + period].filter { $0 >= period + 2 }.map(String.init)
      mapping.report(
        self.depth.name,
        "the depth of a ResNet of \(block.rawValue) blocks is \(period)n + 2, found \(depth);"
          + " nearest: \(listed(valid))")
      return nil
    }
    return (depth, block)
  }

  /// A fixed name says it all; a depth or block beside it is accepted only if it says the same.
  private func readFixedShape(
    _ architecture: Catalog.Architecture, _ depth: Int, _ mapping: MappingReader
  ) -> (depth: Int, block: ArchitectureSpec.BlockKind) {
    if mapping.has(self.depth.name), let written = mapping[self.depth], written != depth {
      mapping.reportKey(
        self.depth.name, "\(quoted(architecture.name)) has the depth \(depth); leave the key out")
    }
    if mapping.has(block.name), let written = mapping[block], written != architecture.block.rawValue {
      mapping.reportKey(
        block.name,
        "\(quoted(architecture.name)) has \(architecture.block.rawValue) blocks; leave the key out")
    }
    return (depth, architecture.block)
  }

  private func readInput(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> [Int]? {
    guard mapping.has(input.name) else { return dataset?.input }
    guard let input = mapping[input] else { return nil }
    guard let dataset else { return input }
    guard input == dataset.input else {
      mapping.report(
        self.input.name,
        "the images of \(dataset.name) are \(dataset.input), found \(input); leave the key out"
          + (dataset.isPictures ? ", and set `dataset.size`" : ""))
      return nil
    }
    return input
  }

  private func checkHalvings(_ architecture: Catalog.Architecture, _ input: [Int], _ mapping: MappingReader) {
    let least = 1 << min(max(architecture.halvings, 0), 30)
    guard input.count == 3, input[1] < least || input[2] < least else { return }
    mapping.report(
      name.name,
      "\(quoted(architecture.name)) needs images of at least \(least) x \(least) pixels, found"
        + " \(input[1]) x \(input[2])")
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
    if let dataset, let least = dataset.classes, classes < least {
      mapping.report(self.classes.name, "\(dataset.name) has \(least) classes, found \(classes)")
      return nil
    }
    return classes
  }

  func write(_ spec: ArchitectureSpec) -> JSON {
    .object([
      name.entry(spec.name), depth.entry(spec.depth), block.entry(spec.block.rawValue),
      width.entry(spec.width),
      input.entry(spec.input), classes.entry(spec.classes), weights.entry(spec.weights),
    ])
  }
}
