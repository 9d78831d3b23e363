/// JSON Schema (draft 2020-12) of the experiment file, generated from the table of keys that is
/// used to read files.
///
/// It contains keys, types, ranges, names and descriptions, for editors. Rules that depend on
/// several keys are checked only on reading. Keys may be missing in a file that extends another
/// one.
public func experimentSchema(_ catalog: Catalog) -> String {
  let section = ExperimentSection(catalog)
  let keys = section.keys
  var members: [(String, JSON)] = [
    ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
    ("title", .string("Espalier experiment")),
    ("description", .string("An experiment: what is trained, how it is pruned, and what is expected of it.")),
  ]
  members += Key.Mapping(keys: keys).schema
  members.append(("patternProperties", .object([("^\(Node.anchorPrefix)", .boolean(true))])))
  // Missing keys may come from another file, or from the matrix.
  let elsewhere = [(section.extends.name, "string"), (section.matrix.name, "object")].map { name, type in
    JSON.object([
      ("required", .list([.string(name)])),
      ("properties", .object([(name, .object([("type", .string(type))]))])),
    ])
  }
  members += [
    ("if", .object([("anyOf", .list(elsewhere))])),
    ("then", .object([])),
    ("else", .object(Key.Mapping(keys: keys).requirements)),
  ]
  return JSON.object(members).text() + "\n"
}

/// The dotted path of every key of an experiment, sections before their keys.
public func experimentKeyPaths(_ catalog: Catalog) -> [String] {
  Key.settings(ExperimentSection(catalog).keys).map(\.0)
}

private func required(among keys: [Key]) -> [(String, JSON)] {
  let names = keys.filter(\.isRequired).map { JSON.string($0.name) }
  return names.isEmpty ? [] : [("required", .list(names))]
}

extension Key.Mapping {
  /// The schema of the keys.
  fileprivate var schema: [(String, JSON)] { schema(and: []) }

  /// The schema with further properties.
  fileprivate func schema(and others: [(String, JSON)]) -> [(String, JSON)] {
    [
      ("type", .string("object")), ("additionalProperties", .boolean(false)),
      ("properties", .object(keys.map { ($0.name, .object($0.schema)) } + others)),
    ]
  }

  /// The required keys.
  fileprivate var requirements: [(String, JSON)] {
    var members = required(among: keys)
    if !exactlyOneOf.isEmpty {
      // Null stands for a missing key, and for a missing mapping.
      let null = JSON.object([("type", .string("null"))])
      let sets = exactlyOneOf.map { names in
        let alternatives = names.map { name in
          JSON.object([
            ("required", .list([.string(name)])),
            ("properties", .object([(name, .object([("not", null)]))])),
          ])
        }
        return JSON.object([("oneOf", .list(alternatives))])
      }
      members.append(("anyOf", .list([null, .object([("allOf", .list(sets))])])))
    }
    let inner = keys.compactMap { key -> (String, JSON)? in
      let requirements = key.requirements
      return requirements.isEmpty ? nil : (key.name, .object(requirements))
    }
    if !inner.isEmpty { members.append(("properties", .object(inner))) }
    return members
  }
}

extension Key {
  fileprivate var schema: [(String, JSON)] {
    var members: [(String, JSON)] = [("description", .string(summary))]
    if let defaultValue { members.append(("default", defaultValue)) }
    return members + (isRequired ? valueSchema : Self.nullable(valueSchema))
  }

  private var valueSchema: [(String, JSON)] {
    switch shape {
    case .value(let schema): schema
    case .mapping(let mapping): mapping.schema
    case .variants(let variants):
      [("anyOf", .list(variants.map { .object(variant($0.keys)) }))]
    case .matrix(let keys): Self.matrix(keys)
    case .wordOrMapping(let word, let mapping):
      [("oneOf", .list([.object([("const", .string(word))]), .object(mapping.schema)]))]
    }
  }

  fileprivate var requirements: [(String, JSON)] {
    switch shape {
    case .value, .matrix: []
    case .mapping(let mapping), .wordOrMapping(_, let mapping): mapping.requirements
    case .variants(let variants):
      // The name decides which keys are allowed only if it is known, so not in a file that extends
      // another.
      Self.nullable([
        ("anyOf", .list(variants.map { .object(variant($0.keys) + required(among: $0.keys)) }))
      ])
    }
  }

  /// One of several variants: its keys, and those of the others as null, which resets inherited
  /// values.
  private func variant(_ keys: [Key]) -> [(String, JSON)] {
    let names = Set(keys.map(\.name))
    let others = self.keys.filter { !names.contains($0.name) }
      .map { ($0.name, JSON.object([("type", .string("null"))])) }
    return Mapping(keys: keys).schema(and: others)
  }

  /// Lists of values by dotted path; combinations to add and to exclude.
  private static func matrix(_ keys: [Key]) -> [(String, JSON)] {
    let values = settings(keys)
    func combinations(_ summary: String) -> JSON {
      let mapping = JSON.object([("type", .string("object")), ("minProperties", .integer(1))])
      return .object([
        ("description", .string(summary)), ("type", .list([.string("array"), .string("null")])),
        ("items", mapping),
      ])
    }
    let axis: [(String, JSON)] = [
      ("type", .list([.string("array"), .string("null")])), ("minItems", .integer(1)),
      ("uniqueItems", .boolean(true)),
    ]
    let axes = values.map { path, schema in (path, JSON.object(axis + [("items", .object(schema))])) }
    // Names that the file itself gives to numbers and templates.
    let own = "^architecture\\.(parameters|blocks)\\."
    return [
      ("type", .string("object")), ("minProperties", .integer(1)), ("additionalProperties", .boolean(false)),
      (
        "properties",
        .object(
          axes + [
            ("include", combinations("Additional combinations, and further keys for those that match.")),
            ("exclude", combinations("Combinations that are left out.")),
          ])
      ),
      ("patternProperties", .object([(own, .object(axis))])),
    ]
  }

  /// The schema of a value at every path.
  fileprivate static func settings(_ keys: [Key], under path: String = "") -> [(String, [(String, JSON)])] {
    keys.flatMap { key in
      let own = keyPath(path, key.name)
      return [(own, key.schema)] + settings(key.keys, under: own)
    }
  }

  /// A schema that also accepts null: a key without a value counts as missing.
  private static func nullable(_ schema: [(String, JSON)]) -> [(String, JSON)] {
    schema.map { name, value in
      switch (name, value) {
      case ("type", .string): (name, .list([value, .string("null")]))
      case ("type", .list(let types)) where !types.contains(.string("null")):
        (name, .list(types + [.string("null")]))
      case ("const", _): ("enum", .list([value, .null]))
      case ("enum", .list(let values)): (name, .list(values + [.null]))
      case ("oneOf", .list(let schemas)), ("anyOf", .list(let schemas)):
        (name, .list(schemas + [.object([("type", .string("null"))])]))
      default: (name, value)
      }
    }
  }
}
