/// One mapping of a file while its keys are read.
struct MappingReader {
  /// Location for errors about missing keys: the key whose value the mapping is.
  let place: Place
  let path: String
  let context: ReadingContext
  private let entries: [String: Node.Entry]

  /// Reports the keys that are not among `keys`.
  ///
  /// - Parameter isRequired: whether the mapping cannot be left out
  /// - Returns: nil, with an error reported, if the node is not a mapping.
  init?(
    _ node: Node?, place: Place, path: String, keys: [Key], isRequired: Bool = false,
    _ context: ReadingContext
  ) {
    self.place = place
    self.path = path
    self.context = context
    guard let node, !node.isNull else {
      entries = [:]
      return
    }
    guard case .mapping(let written) = node.content else {
      context.report(
        node.place, path,
        "expected a mapping, found \(node.found)" + Self.hint(node, path, keys, isRequired: isRequired))
      return nil
    }
    let names = Set(keys.map(\.name))
    var entries: [String: Node.Entry] = [:]
    for entry in written {
      if names.contains(entry.key) {
        entries[entry.key] = entry
      } else {
        let paths = context.knownPaths[Self.habits[entry.key] ?? entry.key]
        context.report(
          entry.keyPlace, keyPath(path, entry.key),
          unknownKey(entry.key, among: keys.map(\.name), elsewhere: paths))
      }
    }
    self.entries = entries
  }

  /// A hint for `dataset: digits` instead of `dataset: {name: digits}`, and for other mappings with
  /// a name.
  private static func hint(_ node: Node, _ path: String, _ keys: [Key], isRequired: Bool) -> String {
    guard case .scalar(let scalar) = node.content, scalar.text.utf8.count <= 64,
      let first = keys.first, ["name", "criterion"].contains(first.name)
    else { return "" }
    if ["false", "no", "none", "off", "true"].contains(scalar.text) {
      return isRequired ? "" : "; `null` leaves it out"
    }
    let key = path.split(separator: ".").last ?? ""
    return "; write \(quoted("\(key): {\(first.name): \(scalar.text)}", limit: 120))"
  }

  /// Names of keys in other programs.
  private static let habits = [
    "bs": "batch_size", "data": "dataset", "dtype": "precision", "lr": "learning_rate",
    "model": "architecture", "pruning": "prune", "wd": "weight_decay",
  ]

  /// The value of a key, or its default; nil if there is neither, or after an error, which is
  /// reported.
  subscript<Value>(_ field: Field<Value>) -> Value? {
    guard let node = node(field.name) else {
      if field.isRequired { reportMissing(field.name, field.form.expectation) }
      return field.defaultValue
    }
    return field.form.read(node, keyPath(path, field.name), context)
  }

  /// The value of an optional key: `.some(nil)` if it is missing, nil after an error.
  func optional<Value>(_ field: Field<Value>) -> Value?? {
    has(field.name) ? self[field].map { .some($0) } : .some(nil)
  }

  /// Whether a key has a value.
  func has(_ name: String) -> Bool { node(name) != nil }

  /// Whether a key is explicitly null.
  func isNull(_ name: String) -> Bool { entries[name]?.value.isNull == true }

  /// The node of a key; nil if it is missing or null.
  func node(_ name: String) -> Node? {
    guard let entry = entries[name], !entry.value.isNull else { return nil }
    return entry.value
  }

  /// The unexpanded text of a path, from the file or the default; nil if expansion does not change
  /// it, or if it would mean another path in a file of another folder.
  func unexpandedPath(_ field: Field<String>, of path: String?, default standard: String? = nil) -> String? {
    var written = standard
    if case .scalar(let scalar)? = node(field.name)?.content { written = scalar.text }
    guard let path, let written else { return nil }
    let isOfFile = experimentFolderUse(in: written) != nil
    return isOfFile || field.form.write(path) == .string(written) ? nil : written
  }

  /// The mapping of a key; an empty one if it is missing.
  func mapping(_ name: String, _ keys: [Key], isRequired: Bool = false) -> MappingReader? {
    let entry = entries[name]
    return MappingReader(
      entry?.value, place: entry?.keyPlace ?? place, path: keyPath(path, name), keys: keys,
      isRequired: isRequired, context)
  }

  /// The mapping of a key that may be `none` instead: `.some(nil)` if it is `none` or missing; nil
  /// after an error, which is reported.
  func mappingOrNone(_ name: String, _ keys: [Key]) -> MappingReader?? {
    guard let node = node(name) else { return .some(nil) }
    guard case .scalar(let scalar) = node.content else { return mapping(name, keys).map { .some($0) } }
    if scalar.text == "none" { return .some(nil) }
    let names = listed(keys.map { quoted($0.name) }, "and")
    report(name, "expected `none` or a mapping with \(names), found \(node.found)")
    return nil
  }

  /// The mapping of a required key.
  func requiredMapping(_ name: String, _ keys: [Key]) -> MappingReader? {
    guard has(name) else {
      reportMissing(name, "a mapping")
      return nil
    }
    return mapping(name, keys, isRequired: true)
  }

  func reportMissing(_ name: String, _ expectation: String) {
    context.report(
      entries[name]?.keyPlace ?? place, keyPath(path, name),
      "required key is missing; expected \(expectation)")
  }

  /// Reports an error at the value of a key, or at the mapping if the key is missing.
  func report(_ name: String, _ message: @autoclosure () -> String) {
    context.report(entries[name]?.value.place ?? place, keyPath(path, name), message())
  }

  /// Warns at the value of a key, or at the mapping if the key is missing.
  func warn(_ name: String, _ message: String) {
    context.warn(entries[name]?.value.place ?? place, keyPath(path, name), message)
  }

  /// Reports an error at a key itself.
  func reportKey(_ name: String, _ message: @autoclosure () -> String) {
    context.report(entries[name]?.keyPlace ?? place, keyPath(path, name), message())
  }
}
