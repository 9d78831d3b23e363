import Network
import Specification

/// Expands the layers of a declared architecture into a graph: expands blocks, evaluates numbers
/// and resolves names.
struct Expansion {
  private let declaration: ArchitectureDeclaration
  private var builder: GraphBuilder
  /// By value: the channels of the sum that it adds to, if it has fewer channels than the sum.
  private var outputs: [Graph.Value: [Int]] = [:]
  /// Layers with `outputs`, and the values that sums read.
  private(set) var placed: [(value: Graph.Value, layer: LayerDeclaration, use: String)] = []
  private(set) var summed: Set<Graph.Value> = []
  /// Values that a layer reads.
  private var used: Set<Graph.Value> = []
  private var layers = 0
  private var tensors: Set<String> = []
  /// Full names of layers, including those of their blocks.
  private var names: Set<String> = []
  /// The file's parameters, and `classes`.
  private var fileNumbers: [String: Int] = [:]

  private static let mostLayers = ArchitectureDeclaration.mostLayers
  private static let deepestBlocks = 16

  /// The scope of names and numbers of a layer: the file, or one use of a block.
  private struct Scope {
    var prefix: String
    /// Values by the names of layers.
    var values: [String: Graph.Value]
    var numbers: [String: Int]
    /// Whether `inputs` is that of the layer, as in the file's list, instead of the block.
    var isFile: Bool
    /// The enclosing blocks.
    var blocks: [String]

    /// What messages about a layer begin with: its full name if it is in a block, whose template
    /// can have several uses.
    func use(_ layer: String) -> String { isFile ? "" : "\(prefix)\(layer): " }
  }

  /// - Parameters:
  ///   - numbers: values of the file's parameters, and `classes`
  static func graph(
    _ declaration: ArchitectureDeclaration, input: FeatureShape, numbers: [String: Int]
  ) throws(ArchitectureError) -> Graph {
    var expansion = Expansion(declaration, input)
    return try expansion.expand(numbers)
  }

  private init(_ declaration: ArchitectureDeclaration, _ input: FeatureShape) {
    self.declaration = declaration
    builder = GraphBuilder(input: input)
  }

  private mutating func expand(_ given: [String: Int]) throws(ArchitectureError) -> Graph {
    var numbers = given
    for parameter in declaration.parameters where numbers[parameter.name] == nil {
      let path = "architecture.parameters.\(parameter.name)"
      guard let value = parameter.defaultValue else {
        throw .layer(parameter.place, path: path, message: "the parameter needs a value")
      }
      numbers[parameter.name] = try number(value, numbers, path)
    }
    fileNumbers = numbers
    var scope = Scope(
      prefix: "", values: ["input": .image], numbers: numbers, isFile: true, blocks: [])
    let last = try add(declaration.layers, of: .image, &scope)
    guard layers > 0, last != .image else {
      throw .layer(declaration.place, path: "architecture.layers", message: "there is no layer left")
    }
    try checkPlacements()
    let graph: Graph
    do throws(GraphError) {
      graph = try builder.graph()
    } catch {
      throw .layer(declaration.place, path: "architecture.layers", message: "\(error)")
    }
    try checkOutput(graph, last)
    return graph
  }

  /// Checks that the last layer is the only output, with one value for each class.
  private func checkOutput(_ graph: Graph, _ last: Graph.Value) throws(ArchitectureError) {
    let layer = declaration.layers[declaration.layers.count - 1]
    guard last == graph.output else {
      throw .layer(
        layer.place, path: layer.path, message: "the last layer is left out, and others come after its input")
    }
    let shape = builder.shape(last)
    guard shape.isVector else {
      throw .layer(
        layer.place, path: layer.path,
        message: "the last layer gives \(shape); expected one value for each class, as of `linear: classes`")
    }
  }

  // MARK: Layers

  private mutating func add(
    _ list: [LayerDeclaration], of input: Graph.Value, _ scope: inout Scope
  ) throws(ArchitectureError) -> Graph.Value {
    var value = input
    var unread: [(value: Graph.Value, index: Int)] = []
    for (index, layer) in list.enumerated() {
      layers += 1
      guard layers <= Self.mostLayers else {
        throw .layer(layer.place, path: layer.path, message: "more than \(Self.mostLayers) layers")
      }
      let previous = value
      value = try add(layer, at: index, of: previous, &scope)
      if !used.contains(previous), previous != .image, index > 0 {
        unread.append((previous, index - 1))
      }
    }
    for (unread, index) in unread where !used.contains(unread) && unread != value {
      let layer = list[index]
      throw .layer(
        layer.place, path: layer.path,
        message: "\(scope.use(layer.name(at: index)))no layer reads what this one gives")
    }
    return value
  }

  private mutating func add(
    _ layer: LayerDeclaration, at index: Int, of previous: Graph.Value, _ scope: inout Scope
  ) throws(ArchitectureError) -> Graph.Value {
    let name = layer.name(at: index)
    let inputs = try sources(of: layer, previous, scope)
    var numbers = scope.numbers
    if scope.isFile { numbers["inputs"] = builder.shape(inputs[0]).channels }
    var value = inputs[inputs.count - 1]
    if try isPresent(layer, numbers, scope.use(name)) {
      for input in inputs { used.insert(input) }
      value =
        layer.kind == "block"
        ? try addBlock(layer, name, numbers, inputs[0], scope)
        : try addLayer(layer, name, numbers, inputs, scope)
    }
    scope.values[name] = value
    return value
  }

  private func isPresent(
    _ layer: LayerDeclaration, _ numbers: [String: Int], _ use: String
  ) throws(ArchitectureError) -> Bool {
    guard let condition = layer.condition else { return true }
    do throws(Expression.EvaluationError) {
      return try condition.value.truth(numbers)
    } catch {
      throw .layer(condition.place, path: layer.path + ".when", message: "\(use)the value \(error)")
    }
  }

  private func sources(
    of layer: LayerDeclaration, _ previous: Graph.Value, _ scope: Scope
  ) throws(ArchitectureError) -> [Graph.Value] {
    var references: [LayerReference]
    if case .layers(let named) = layer.value {
      references = named
    } else if let named = layer.sources {
      references = named.value
      if named.value.count > 1 {
        throw .layer(named.place, path: layer.path + ".from", message: "a \(layer.kind) reads one layer")
      }
    } else {
      return [previous]
    }
    var values: [Graph.Value] = []
    for reference in references {
      // The reader has checked names.
      guard let value = scope.values[reference.name] else {
        throw .layer(
          reference.place, path: layer.path,
          message: "there is no layer `\(reference.name)` before this one")
      }
      values.append(value)
    }
    return values
  }

  // MARK: Blocks

  private mutating func addBlock(
    _ use: LayerDeclaration, _ name: String, _ numbers: [String: Int], _ input: Graph.Value, _ scope: Scope
  ) throws(ArchitectureError) -> Graph.Value {
    guard case .word(let template) = use.value, let block = declaration.blocks[template] else { return input }
    guard !scope.blocks.contains(template) else {
      throw .layer(use.place, path: use.path, message: "the block `\(template)` uses itself")
    }
    guard scope.blocks.count < Self.deepestBlocks else {
      throw .layer(
        use.place, path: use.path, message: "blocks are nested more than \(Self.deepestBlocks) deep")
    }
    var repetitions = 1
    if let written = use.repetitions {
      repetitions = try number(
        written, numbers, use.path + ".repeat", use: scope.use(name), .whole(1...Self.mostLayers))
    }
    var value = input
    for index in 0..<repetitions {
      let full = scope.prefix + name + (use.repetitions == nil ? "" : ".\(index)")
      var own: [String: Int] = ["classes": numbers["classes"] ?? 0, "inputs": builder.shape(value).channels]
      for parameter in block.parameters {
        let key = parameter.name
        if let given = (index == 0 ? use.firstArguments[key] : nil) ?? use.arguments[key] {
          own[key] = try number(given, numbers, use.path + "." + key, use: scope.use(name))
        } else if let value = parameter.defaultValue {
          own[key] = try number(
            value, fileNumbers.merging(own) { $1 }, "architecture.blocks.\(template).parameters.\(key)",
            use: full + ": ")
        } else {
          throw .layer(
            use.place, path: use.path,
            message: "\(scope.use(name))the block `\(template)` needs a value for `\(key)`")
        }
      }
      var inner = Scope(
        prefix: full + ".", values: ["input": value], numbers: own, isFile: false,
        blocks: scope.blocks + [template])
      value = try add(block.layers, of: value, &inner)
    }
    return value
  }

  // MARK: One layer

  private mutating func addLayer(
    _ layer: LayerDeclaration, _ name: String, _ numbers: [String: Int], _ inputs: [Graph.Value],
    _ scope: Scope
  ) throws(ArchitectureError) -> Graph.Value {
    guard let kind = LayerKinds.all.first(where: { $0.name == layer.kind }) else { return inputs[0] }
    let full = scope.prefix + name
    guard names.insert(full).inserted else {
      throw .layer(layer.place, path: layer.path, message: "two layers are named `\(full)`")
    }
    let options = try options(of: layer, kind, numbers, scope.use(name))
    try checkEffects(of: layer, options)
    let (weights, norm) = try tensorNames(layer, kind, name, options, scope.prefix)
    let isPlain = scope.prefix.isEmpty
    let most =
      ArchitectureDeclaration.longestName + (isPlain ? ArchitectureDeclaration.longestSuffix : 0)
    if let long = [full, weights, norm].first(where: { $0.utf8.count > most }) {
      throw .layer(
        layer.place, path: layer.path,
        message: "the name \(quoted(long)) has \(long.utf8.count) bytes"
          + (isPlain ? "" : " with those of its blocks") + "; expected at most \(most)")
    }
    let parts = LayerParts(
      name: full, weights: weights, norm: norm, inputs: inputs, options: options,
      pruning: options.flags["keep"] == true ? .kept : .prunable,
      operandChannels: inputs.map { layer.kind == "add" ? outputs[$0] : nil }, shortcut: shortcut(inputs))
    do throws(GraphError) {
      let value = try kind.add(parts, &builder)
      if case .channels(let list)? = layer.options["outputs"]?.value {
        outputs[value] = list
        placed.append((value, layer, scope.use(name)))
      }
      if layer.kind == "add" { summed.formUnion(inputs) }
      return value
    } catch {
      throw .layer(layer.place, path: layer.path, message: "\(full): \(error)")
    }
  }

  /// Which operand of a sum is the residual stream; one with fewer channels than the sum is a
  /// branch.
  private func shortcut(_ operands: [Graph.Value]) -> Int {
    let stream = builder.stream(among: operands.filter { outputs[$0] == nil })
    return stream.flatMap(operands.firstIndex) ?? 0
  }

  private func options(
    of layer: LayerDeclaration, _ kind: LayerKind, _ numbers: [String: Int], _ use: String
  ) throws(ArchitectureError) -> LayerOptions {
    var found: [String: Int] = [:]
    var decimals: [String: Double] = [:]
    var words: [String: String] = [:]
    var flags: [String: Bool] = [:]
    let written =
      [(kind.name, kind.description.form, Placed(value: layer.value, place: layer.valuePlace))]
      + kind.description.options.compactMap { option in
        layer.options[option.name].map { (option.name, option.form, $0) }
      }
    for (key, form, value) in written {
      switch value.value {
      case .expression(let expression):
        found[key] = try number(
          Placed(value: expression, place: value.place), numbers, layer.path + "." + key, use: use, form)
      case .number(let number): decimals[key] = number
      case .word(let word): words[key] = word
      case .flag(let flag): flags[key] = flag
      case .layers, .channels: break
      }
    }
    if case .flag(let keep)? = layer.options["keep"]?.value { flags["keep"] = keep }
    if layer.isConvolution, words["activation"] == nil { words["activation"] = "relu" }
    return LayerOptions(numbers: found, decimals: decimals, words: words, flags: flags)
  }

  /// `N.0` and `N.1` for a convolution with batch norm, `N` for other layers, unless the layer
  /// names its tensors.
  private mutating func tensorNames(
    _ layer: LayerDeclaration, _ kind: LayerKind, _ name: String, _ options: LayerOptions, _ prefix: String
  ) throws(ArchitectureError) -> (weights: String, norm: String) {
    let isPair = layer.isConvolution && options.hasNorm
    let weights = prefix + (layer.tensors["weights"] ?? (isPair ? name + ".0" : name))
    let norm = prefix + (layer.tensors["norm"] ?? (isPair ? name + ".1" : name))
    var own = layer.isConvolution || kind.name == "linear" ? [weights] : []
    if isPair || kind.name == "norm" { own.append(norm) }
    for tensor in own where !tensors.insert(tensor).inserted {
      throw .layer(layer.place, path: layer.path, message: "two layers have tensors named `\(tensor)`")
    }
    return (weights, norm)
  }
}
