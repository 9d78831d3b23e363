/// JSON Schema of declared layers: kinds, keys and types. Rules that depend on shapes are checked
/// on reading.
struct DeclarationSchema {
  let kinds: [Catalog.LayerKind]

  /// - Parameter key: `parameters`, `blocks` or `layers`
  func schema(of key: String) -> [(String, JSON)] {
    switch key {
    case "parameters": parameters
    case "blocks":
      [
        ("type", .string("object")),
        (
          "additionalProperties",
          .object([
            ("type", .string("object")), ("required", .list([.string("layers")])),
            ("additionalProperties", .boolean(false)),
            ("properties", .object([("parameters", .object(parameters)), ("layers", .object(list))])),
          ])
        ),
      ]
    default: list
    }
  }

  private var parameters: [(String, JSON)] {
    [
      ("type", .list([.string("object"), .string("null")])),
      ("additionalProperties", .object([("type", .list(["integer", "string", "null"].map(JSON.string)))])),
    ]
  }

  private var list: [(String, JSON)] {
    [("type", .string("array")), ("minItems", .integer(1)), ("items", .object(layer))]
  }

  /// One layer: the keys of all kinds, and any parameters of blocks.
  private var layer: [(String, JSON)] {
    var properties: [(String, JSON)] = []
    var names: Set<String> = []
    func add(_ name: String, _ schema: [(String, JSON)], _ summary: String) {
      guard names.insert(name).inserted else { return }
      properties.append((name, .object([("description", .string(summary))] + schema)))
    }
    for kind in kinds { add(kind.name, alsoOption(kind), kind.summary) }
    for kind in kinds {
      for option in kind.options { add(option.name, Self.schema(option.form), option.summary) }
    }
    let text: [(String, JSON)] = [("type", .string("string"))]
    add("block", text, "A template of `blocks`; its parameters are further keys.")
    add("name", text, "Name of the layer, for other layers and its tensors.")
    add(
      "from", [("type", .list([.string("string"), .string("array"), .string("null")]))],
      "The layer that this one reads; default: the one before it.")
    add("when", text, "A condition; if it is false, the layer is left out.")
    add(
      "keep", [("type", .list([.string("boolean"), .string("null")]))],
      "Whether the layer keeps all of its channels.")
    add(
      "tensors", [("type", .list([.string("object"), .string("null")]))],
      "Names of `weights` and `norm` in files of other programs.")
    add(
      "repeat", Self.schema(.whole(1...ArchitectureDeclaration.mostLayers)),
      "Number of copies of the block; default: 1.")
    add(
      "first", [("type", .list([.string("object"), .string("null")]))],
      "Parameters of the first copy of the block only.")
    let kindNames = kinds.map(\.name) + ["block"]
    return [
      ("type", .string("object")), ("properties", .object(properties)),
      (
        "anyOf",
        .list(kindNames.map { .object([("required", .list([.string($0)]))]) })
      ),
    ]
  }

  /// `norm` and `activation` are also options of other kinds.
  private func alsoOption(_ kind: Catalog.LayerKind) -> [(String, JSON)] {
    let forms = [kind.form] + kinds.flatMap(\.options).filter { $0.name == kind.name }.map(\.form)
    let words = forms.flatMap { form in if case .word(let words) = form { words } else { [String]() } }
    return words.isEmpty
      ? Self.schema(kind.form)
      : Self.schema(.word(words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }))
  }

  private static func schema(_ form: Catalog.LayerForm) -> [(String, JSON)] {
    switch form {
    case .whole(let range):
      [
        ("type", .list(["integer", "string", "null"].map(JSON.string))),
        ("minimum", .integer(range.lowerBound)),
        ("maximum", .integer(range.upperBound)),
      ]
    case .number(let range):
      [
        ("type", .list([.string("number"), .string("null")])), ("minimum", .number(range.lowerBound)),
        ("maximum", .number(range.upperBound)),
      ]
    case .word(let words): [("enum", .list(words.map(JSON.string) + [.null]))]
    case .flag: [("type", .list([.string("boolean"), .string("null")]))]
    case .isTrue: [("const", .boolean(true))]
    case .layers:
      [
        ("type", .string("array")), ("minItems", .integer(2)),
        ("items", .object([("type", .string("string"))])),
      ]
    case .channels:
      [
        ("type", .list([.string("array"), .string("null")])),
        ("items", .object([("type", .string("integer")), ("minimum", .integer(0))])),
      ]
    }
  }
}
