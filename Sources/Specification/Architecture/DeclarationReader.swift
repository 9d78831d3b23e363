/// Reads `parameters`, `blocks` and `layers` of an architecture.
///
/// It checks everything that does not depend on shapes: kinds, keys, types, ranges and the syntax
/// of expressions.
struct DeclarationReader {
  let context: ReadingContext
  /// `architecture`
  let path: String

  private static let common = ["name", "from", "when", "keep", "tensors"]
  private static let ofBlocks = ["name", "from", "when", "repeat", "first"]
  /// Kinds of layers that are also options of other kinds.
  private static let alsoOptions: Set = ["norm", "activation"]
  /// Names that no parameter may have.
  private static let reserved = Set(["inputs", "classes", "block", "and", "or", "not"] + ofBlocks)

  private var kinds: [Catalog.LayerKind] { context.catalog.layerKinds }

  /// - Parameters:
  ///   - layers: the node of `layers`; the others may be nil
  /// - Returns: nil, with errors reported, if there are errors.
  func read(parameters: Node?, blocks: Node?, layers: Node) -> ArchitectureDeclaration? {
    let before = context.diagnostics.count
    let numbers =
      parameters.map {
        readParameters($0, keyPath(path, "parameters"), known: ["classes"], reserved: Self.reserved)
      } ?? []
    let names = context.diagnostics.count == before ? numbers.map(\.name) : nil
    let templates = readBlocks(blocks, numbers.map(\.name))
    let list = readLayers(layers, keyPath(path, "layers"), templates, parameters: names)
    // Layers with errors are missing, and with them the names that they read.
    if context.diagnostics.count == before {
      checkReaders(of: numbers, templates, list, at: layers.place)
    }
    guard context.diagnostics.count == before else { return nil }
    let literals = literalKeys
    var text: [(String, JSON)] = []
    if let parameters { text.append(("parameters", json(parameters, literals))) }
    if let blocks { text.append(("blocks", json(blocks, literals))) }
    text.append(("layers", json(layers, literals)))
    return ArchitectureDeclaration(
      parameters: numbers, blocks: templates, layers: list, text: .object(text), place: layers.place)
  }

  // MARK: Blocks

  private func readBlocks(_ node: Node?, _ numbers: [String]) -> [String: BlockDeclaration] {
    guard let node, !node.isNull else { return [:] }
    let path = keyPath(path, "blocks")
    guard let entries = mapping(node, path, "a mapping of templates by name") else { return [:] }
    // Parameters first: layers of one block may use another block.
    let before = context.diagnostics.count
    // Beside `block`, a kind of layer would be a second one.
    let kindNames = Set(kinds.map(\.name)).subtracting(Self.alsoOptions)
    let reserved = Self.reserved.union(kindNames).union(["tensors"])
    var templates: [String: BlockDeclaration] = [:]
    var bodies: [(name: String, layers: Node, path: String)] = []
    for entry in entries {
      let own = keyPath(path, entry.key)
      guard let parts = mapping(entry.value, own, "a mapping of `parameters` and `layers`") else { continue }
      check(parts, ["parameters", "layers"], own)
      let parameters = parts.first { $0.key == "parameters" }.map {
        readParameters(
          $0.value, keyPath(own, "parameters"), known: Set(numbers).union(["classes", "inputs"]),
          reserved: reserved)
      }
      templates[entry.key] = BlockDeclaration(
        place: entry.keyPlace, parameters: parameters ?? [], layers: [])
      if let layers = parts.first(where: { $0.key == "layers" }), !layers.value.isNull {
        bodies.append((entry.key, layers.value, keyPath(own, "layers")))
      } else {
        context.report(
          entry.keyPlace, keyPath(own, "layers"), "required key is missing; expected a list of layers")
      }
    }
    let areRead = context.diagnostics.count == before
    for body in bodies {
      let parameters = areRead ? templates[body.name]?.parameterNames : nil
      let layers = readLayers(body.layers, body.path, templates, parameters: parameters)
      templates[body.name]?.layers = layers
    }
    return templates
  }

  /// - Parameters:
  ///   - known: names that defaults may use beside those of the parameters before them
  ///   - reserved: names that no parameter may have
  private func readParameters(
    _ node: Node, _ path: String, known: Set<String>, reserved: Set<String>
  ) -> [ParameterDeclaration] {
    guard !node.isNull, let entries = mapping(node, path, "a mapping of numbers by name") else { return [] }
    var known = known
    return entries.map { entry in
      let own = keyPath(path, entry.key)
      let isReserved = reserved.contains(entry.key)
      if isReserved || !ExpressionParser.isWord(entry.key) {
        context.report(
          entry.keyPlace, own,
          isReserved
            ? "\(quoted(entry.key)) has a meaning of its own; choose another name"
            : "expected a name of letters, digits and `_`")
      }
      var parameter = ParameterDeclaration(name: entry.key, place: entry.keyPlace)
      if !entry.value.isNull, let value = expression(entry.value, own) {
        let written = Placed(value: value, place: entry.value.place)
        checkNames(of: written, among: known, own)
        parameter.defaultValue = written
      }
      known.insert(entry.key)
      return parameter
    }
  }

  // MARK: Layers

  private func readLayers(
    _ node: Node, _ path: String, _ templates: [String: BlockDeclaration], parameters: [String]?
  ) -> [LayerDeclaration] {
    guard case .list(let items) = node.content else {
      context.report(node.place, path, "expected a list of layers, found \(node.found)")
      return []
    }
    guard !items.isEmpty else {
      context.report(node.place, path, "expected at least one layer")
      return []
    }
    let most = ArchitectureDeclaration.mostLayers
    guard items.count <= most else {
      context.report(node.place, path, "\(items.count) layers are more than \(most)")
      return []
    }
    let layers = items.enumerated().map { (node: $1, read: readLayer($1, "\(path)[\($0)]", templates)) }
    checkNames(layers, parameters: parameters)
    return layers.compactMap(\.read)
  }

  private func readLayer(
    _ node: Node, _ path: String, _ templates: [String: BlockDeclaration]
  ) -> LayerDeclaration? {
    guard case .mapping(let entries) = node.content else {
      context.report(node.place, path, "expected a layer such as `{conv: 16}`, found \(node.found)")
      return nil
    }
    guard let (kind, entry) = kind(of: entries, node, path) else { return nil }
    var layer = LayerDeclaration(
      place: node.place, path: path, kind: entry.key, value: .flag(true),
      valuePlace: entry.value.place, options: [:], tensors: [:], arguments: [:], firstArguments: [:])
    readCommon(entries, path, &layer)
    guard let kind else {
      readBlockUse(entries, entry, path, templates, &layer)
      return layer
    }
    let names = Self.common + kind.options.map(\.name)
    check(entries.filter { $0.key != kind.name }, names, path)
    if kind.form == .layers, let from = entries.first(where: { $0.key == "from" && !$0.value.isNull }) {
      context.report(
        from.keyPlace, keyPath(path, "from"),
        "\(quoted(kind.name)) itself names the layers that it reads; leave the key out")
    }
    guard let value = value(entry.value, kind.form, keyPath(path, kind.name)) else { return nil }
    layer.value = value
    for option in kind.options {
      guard let written = entries.first(where: { $0.key == option.name }), !written.value.isNull else {
        continue
      }
      if let value = self.value(written.value, option.form, keyPath(path, option.name)) {
        layer.options[option.name] = Placed(value: value, place: written.value.place)
      }
    }
    if let keep = entries.first(where: { $0.key == "keep" }), !keep.value.isNull,
      let flag = self.value(keep.value, .flag, keyPath(path, "keep"))
    {
      layer.options["keep"] = Placed(value: flag, place: keep.value.place)
    }
    return layer
  }

  /// The key that is the kind of the layer; nil for a block. `norm` and `activation` are also
  /// options of other kinds.
  private func kind(
    of entries: [Node.Entry], _ node: Node, _ path: String
  ) -> (kind: Catalog.LayerKind?, entry: Node.Entry)? {
    let names = kinds.map(\.name)
    var found = entries.filter { $0.key == "block" || names.contains($0.key) }
    if found.count > 1 {
      let others = found.filter { !Self.alsoOptions.contains($0.key) }
      found = others.isEmpty ? found.filter { $0.key == "norm" } : others
    }
    guard let entry = found.first else {
      let options = Self.common + kinds.flatMap { $0.options.map(\.name) }
      let unknown = entries.first { !options.contains($0.key) }
      context.report((unknown ?? entries.first)?.keyPlace ?? node.place, path, missingKind(unknown?.key))
      return nil
    }
    if let second = found.dropFirst().first {
      context.report(
        second.keyPlace, keyPath(path, second.key), "the layer is a \(quoted(entry.key)) already")
      return nil
    }
    return (kinds.first { $0.name == entry.key }, entry)
  }

  /// What is wrong with a layer without a kind.
  ///
  /// - Parameter key: its first key that is no option
  private func missingKind(_ key: String?) -> String {
    let names = kinds.map(\.name) + ["block"]
    guard let key else { return "a layer has one of these keys: \(names.joined(separator: ", "))" }
    var meant = nearestName(to: key, among: names) ?? names.first { key.lowercased().hasPrefix($0) }
    if case .word(let words)? = kinds.first(where: { $0.name == "activation" })?.form, words.contains(key) {
      meant = "activation: \(key)"
    }
    let hint = meant.map { "did you mean \(quoted($0))?" } ?? "known: \(names.joined(separator: ", "))"
    return "unknown kind of layer \(quoted(key)); \(hint)"
  }

  private func readCommon(_ entries: [Node.Entry], _ path: String, _ layer: inout LayerDeclaration) {
    for entry in entries where !entry.value.isNull {
      let own = keyPath(path, entry.key)
      switch entry.key {
      case "name": layer.name = layerName(entry.value, own)
      case "from":
        if let references = references(entry.value, own, allowsOne: true) {
          layer.sources = Placed(value: references, place: entry.value.place)
        }
      case "when":
        layer.condition = expression(entry.value, own).map { Placed(value: $0, place: entry.value.place) }
      case "tensors":
        for part in mapping(entry.value, own, "a mapping of `weights` and `norm`") ?? [] {
          check([part], ["weights", "norm"], own)
          if !part.value.isNull, let name = layerName(part.value, keyPath(own, part.key)) {
            layer.tensors[part.key] = name.value
          }
        }
      default: break
      }
    }
  }

  private func readBlockUse(
    _ entries: [Node.Entry], _ entry: Node.Entry, _ path: String,
    _ templates: [String: BlockDeclaration], _ layer: inout LayerDeclaration
  ) {
    guard case .scalar(let scalar) = entry.value.content, let template = templates[scalar.text] else {
      context.report(
        entry.value.place, keyPath(path, "block"),
        Self.missingBlock(entry.value, among: templates.keys.sorted()))
      return
    }
    layer.value = .word(scalar.text)
    check(entries.filter { $0.key != "block" }, Self.ofBlocks + template.parameterNames, path)
    layer.arguments = arguments(entries, template, path)
    for entry in entries where !entry.value.isNull {
      let own = keyPath(path, entry.key)
      if entry.key == "repeat" {
        layer.repetitions = expression(entry.value, own).map { Placed(value: $0, place: entry.value.place) }
      } else if entry.key == "first",
        let first = mapping(entry.value, own, "a mapping of the block's parameters")
      {
        check(first, template.parameterNames, own)
        layer.firstArguments = arguments(first, template, own)
      }
    }
  }

  private static func missingBlock(_ node: Node, among known: [String]) -> String {
    let text = if case .scalar(let scalar) = node.content { scalar.text } else { "" }
    let hint = nearestName(to: text, among: known).map { "did you mean \(quoted($0))?" }
    let others = known.isEmpty ? "there are no `blocks`" : "known: \(known.joined(separator: ", "))"
    return "there is no block \(node.found); \(hint ?? others)"
  }

  private func arguments(
    _ entries: [Node.Entry], _ template: BlockDeclaration, _ path: String
  ) -> [String: Placed<Expression>] {
    entries.reduce(into: [:]) { found, entry in
      guard template.parameterNames.contains(entry.key), !entry.value.isNull else { return }
      found[entry.key] = expression(entry.value, keyPath(path, entry.key)).map {
        Placed(value: $0, place: entry.value.place)
      }
    }
  }
}

extension BlockDeclaration {
  fileprivate var parameterNames: [String] { parameters.map(\.name).sorted() }
}
