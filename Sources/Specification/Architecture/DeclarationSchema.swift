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
    Self.types("object", "null")
      + [("additionalProperties", .object(Self.types("integer", "string", "null")))]
  }

  private var list: [(String, JSON)] {
    [("type", .string("array")), ("minItems", .integer(1)), ("items", .object(layer))]
  }

  /// One layer: the keys of all kinds, or a block's, of which any others are parameters.
  private var layer: [(String, JSON)] {
    let required = kinds.map { JSON.object([("required", .list([.string($0.name)]))]) }
    return [
      ("type", .string("object")), ("if", .object([("required", .list([.string("block")]))])),
      ("then", .object([("properties", .object(Self.common + Self.ofBlocks))])),
      ("else", .object([("properties", .object(Self.common + ofKinds)), ("anyOf", .list(required))])),
    ]
  }

  private static func property(
    _ name: String, _ schema: [(String, JSON)], _ summary: String
  ) -> (String, JSON) {
    (name, .object([("description", .string(summary))] + schema))
  }

  private static func types(_ names: String...) -> [(String, JSON)] {
    [("type", .list(names.map(JSON.string)))]
  }

  /// Names of layers may look like numbers.
  private static let common = [
    property(
      "name", types("string", "number", "null"), "Name of the layer, for other layers and its tensors."),
    property(
      "from", types("string", "number", "array", "null"),
      "The layer that this one reads; default: the one before it."),
    property("when", types("string", "null"), "A condition; if it is false, the layer is left out."),
  ]

  private static let ofBlocks = [
    property("block", types("string", "number"), "A template of `blocks`; its parameters are further keys."),
    property(
      "repeat", schema(.whole(1...ArchitectureDeclaration.mostLayers)),
      "Number of copies of the block; default: 1."),
    property("first", types("object", "null"), "Parameters of the first copy of the block only."),
  ]

  /// The keys of all kinds of layers.
  private var ofKinds: [(String, JSON)] {
    let all: [(String, JSON)] =
      kinds.map { Self.property($0.name, alsoOption($0), $0.summary) }
      + kinds.flatMap(\.options).map { Self.property($0.name, Self.schema($0.form), $0.summary) }
      + [
        Self.property("keep", Self.types("boolean", "null"), "Whether the layer keeps all of its channels."),
        Self.property(
          "tensors", Self.types("object", "null"),
          "Names of `weights` and `norm` in files of other programs."),
      ]
    var names: Set<String> = []
    return all.filter { names.insert($0.0).inserted }
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
      types("integer", "string", "null")
        + [("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound))]
    case .number(let range):
      types("number", "null")
        + [("minimum", .number(range.lowerBound)), ("maximum", .number(range.upperBound))]
    case .probability: types("number", "null") + [("minimum", .number(0)), ("exclusiveMaximum", .number(1))]
    case .word(let words): [("enum", .list(words.map(JSON.string) + [.null]))]
    case .flag: types("boolean", "null")
    case .isTrue: [("const", .boolean(true))]
    case .layers:
      [
        ("type", .string("array")), ("minItems", .integer(2)),
        ("items", .object(types("string", "number"))),
      ]
    case .channels:
      types("array", "null")
        + [("items", .object([("type", .string("integer")), ("minimum", .integer(0))]))]
    }
  }
}
