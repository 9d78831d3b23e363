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
        let meant = Self.habits[entry.key] ?? entry.key
        context.report(
          entry.keyPlace, keyPath(path, entry.key),
          unknownKey(
            entry.key, among: keys.map(\.name),
            elsewhere: names.contains(meant) ? [meant] : context.knownPaths[meant],
            isTop: path.isEmpty && !Override.isPlace(entry.keyPlace) && !context.varies(entry.key)))
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
    "model": "architecture", "num_classes": "classes", "pruning": "prune", "training": "train",
    "wd": "weight_decay",
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

  /// Reports that none of some keys has a value: at an explicit null, the uppermost if there are
  /// several, or else at the mapping.
  func reportNone(of names: [String], _ message: @autoclosure () -> String) {
    let nulls = names.filter(isNull).compactMap { entries[$0]?.value.place }
    let uppermost = nulls.min { context.level(of: $0) < context.level(of: $1) }
    context.report(uppermost ?? place, path, message())
  }

  /// Reports a key that does not go with another one, at the key itself.
  ///
  /// - Parameters:
  ///   - isMutual: whether the other key may be dropped instead
  ///   - advice: follows the message unless one of the keys is inherited
  func refuse(
    _ name: String, with other: String, _ message: String, isMutual: Bool = false, advice: String = ""
  ) {
    let hint = wayToDrop(name, for: other) ?? (isMutual ? wayToDrop(other, for: name) : nil)
    reportKey(name, message + (hint ?? advice))
  }

  /// Whether a key is inherited from below the file that has another one, or from a file below
  /// `--set`.
  func isInherited(_ name: String, below other: String) -> Bool {
    guard let below = entries[name]?.keyPlace, let above = entries[other]?.value.place else { return false }
    return context.level(of: above) < context.level(of: below)
  }

  /// How to drop a key that does not go with another one; nil unless it is inherited from below the
  /// other one, and if the matrix sets one of them, since a null there would not drop it.
  func wayToDrop(_ inherited: String, for other: String) -> String? {
    guard isInherited(inherited, below: other), let above = entries[other]?.value.place,
      ![inherited, other].contains(where: { context.varies(keyPath(path, $0)) })
    else { return nil }
    let null =
      Override.isPlace(above)
      ? "`--set \(keyPath(path, inherited))=null`"
      : "`\(inherited): null` beside \(quoted(other)) at \(above)"
    return "; \(null) drops the inherited key"
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
