/// A key of a mapping with the type of its value: the only definition of its range, default and
/// meaning.
struct Field<Value: Sendable>: Sendable {
  let name: String
  let form: ValueForm<Value>
  let isRequired: Bool
  /// Nil if the key is required, if its absence has a meaning, or if the default depends on other
  /// keys.
  let defaultValue: Value?
  /// The sentence that editors show.
  let summary: String

  init(
    _ name: String, _ form: ValueForm<Value>, default defaultValue: Value? = nil, required: Bool = false,
    _ summary: String
  ) {
    self.name = name
    self.form = form
    self.isRequired = required
    self.defaultValue = defaultValue
    self.summary = summary
  }

  var key: Key {
    Key(
      name: name, summary: summary, isRequired: isRequired, defaultValue: defaultValue.map(form.write),
      shape: .value(form.schema))
  }

  /// The key and its value in the form for a file.
  func entry(_ value: Value?) -> (String, JSON) { (name, value.map(form.write) ?? .null) }
}

/// A key of a mapping without the type of its value, for the schema and for suggestions.
struct Key: Sendable {
  let name: String
  let summary: String
  var isRequired = false
  var defaultValue: JSON?
  let shape: Shape

  enum Shape: Sendable {
    case value([(String, JSON)])
    case mapping(Mapping)
    /// A mapping whose other keys depend on its `name`; without a name, the first variant applies.
    case variants([(name: String, keys: [Key])])
    /// Lists of values of these keys and of those within them, by dotted path.
    case matrix([Key])
    /// Either this word or a mapping.
    case wordOrMapping(String, Mapping)
  }

  struct Mapping: Sendable {
    var keys: [Key]
    /// Exactly one key of each of these sets is required.
    var exactlyOneOf: [[String]] = []
  }

  /// A key whose value is a mapping.
  static func mapping(
    _ name: String, _ keys: [Key], exactlyOneOf: [[String]] = [], required: Bool = false, _ summary: String
  ) -> Key {
    Key(
      name: name, summary: summary, isRequired: required,
      shape: .mapping(Mapping(keys: keys, exactlyOneOf: exactlyOneOf)))
  }

  /// The keys inside, for any shape; keys of several variants appear once.
  var keys: [Key] {
    switch shape {
    case .value, .matrix: return []
    case .mapping(let mapping), .wordOrMapping(_, let mapping): return mapping.keys
    case .variants(let variants):
      var names: Set<String> = []
      return variants.flatMap(\.keys).filter { names.insert($0.name).inserted }
    }
  }
}

extension [Key] {
  /// Full paths of all keys, by name.
  func paths(under path: String = "") -> [String: [String]] {
    reduce(into: [:]) { paths, key in
      let own = keyPath(path, key.name)
      paths[key.name, default: []].append(own)
      paths.merge(key.keys.paths(under: own)) { $0 + $1 }
    }
  }
}
