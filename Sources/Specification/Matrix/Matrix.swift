/// The `matrix` of an experiment file: every combination of the values of its axes is an
/// experiment.
///
/// An axis is a dotted path with a list of values. `exclude` removes combinations. Then, an entry
/// of `include` that matches remaining combinations in the axes that it names adds its other keys
/// to them; any other entry is an additional combination.
///
/// All lists are bounded, so that a hostile file can cause only a limited amount of work.
struct Matrix {
  /// Largest number of experiments of one file.
  static let maximumCombinations = 1000
  private static let maximumAxes = 100
  /// Largest number of values that `include` adds to all combinations together.
  private static let maximumAdditions = 100_000
  /// Keys that belong to the whole file.
  static let fixedKeys = ["format", "name", "extends", "matrix"]

  /// A value at a dotted path.
  struct Setting {
    var path: String
    /// Where the path is written.
    var place: Place
    var node: Node
    let value: NodeValue

    init(path: String, place: Place, node: Node) {
      (self.path, self.place, self.node) = (path, place, node)
      value = NodeValue(node)
    }
  }

  struct Combination {
    var settings: [Setting]
    /// The number of first settings that are part of its name; those that `include` adds are not.
    var naming: Int

    /// Location of errors that do not belong to a single value.
    var place: Place? { settings.first?.node.place }

    subscript(path: String) -> Setting? { settings.last { $0.path == path } }
  }

  struct Axis {
    var path: String
    var place: Place
    /// All different.
    var settings: [Setting]
  }

  private(set) var axes: [Axis] = []
  private(set) var combinations: [Combination] = []

  /// Reports errors; combinations of the valid parts exist nevertheless, so that their errors are
  /// found, too.
  init(_ node: Node, _ context: ReadingContext) {
    guard case .mapping(let entries) = node.content else {
      context.report(
        node.place, "matrix", "expected a mapping of paths to lists of values, found \(node.found)")
      combinations = [Combination(settings: [], naming: 0)]
      return
    }
    let errors = context.diagnostics.count
    var (include, exclude): (Node?, Node?)
    for entry in entries where !entry.value.isNull {
      switch entry.key {
      case "include": include = entry.value
      case "exclude": exclude = entry.value
      default: if let axis = axis(entry, context) { axes.append(axis) }
      }
    }
    reportNullsWithoutAxis(entries, context)
    combine(node.place, context)
    if let exclude { self.exclude(exclude, context) }
    if let include { self.include(include, context) }
    if combinations.isEmpty, context.diagnostics.count == errors {
      context.report(node.place, "matrix", "no combination is left; expected at least one")
    }
  }

  // MARK: Axes

  private func axis(_ entry: Node.Entry, _ context: ReadingContext) -> Axis? {
    let own = keyPath("matrix", entry.key)
    guard axes.count < Self.maximumAxes else {
      context.report(entry.keyPlace, own, "more than \(Self.maximumAxes) keys vary")
      return nil
    }
    guard isPath(entry, own, context),
      isApart(entry.key, entry.keyPlace, from: axes, in: "matrix", context)
    else { return nil }
    guard case .list(let values) = entry.value.content else {
      context.report(
        entry.value.place, own,
        "expected a list of values, found \(entry.value.found)\(entry.value.listHint)")
      return Axis(entry, [entry.value])
    }
    if values.isEmpty {
      context.report(entry.value.place, own, "expected a list of values, found an empty list")
      return nil
    }
    guard values.count <= Self.maximumCombinations else {
      context.report(
        entry.value.place, own, "\(values.count) values; expected at most \(Self.maximumCombinations)")
      return Axis(entry, Array(values.prefix(1)))
    }
    var axis = Axis(entry, values)
    var seen: Set<NodeValue> = []
    axis.settings = axis.settings.enumerated().filter { index, setting in
      let isNew = seen.insert(setting.value).inserted
      if !isNew {
        context.report(
          setting.node.place, "\(own)[\(index)]", "\(setting.node.found) appears twice")
      }
      return isNew
    }.map(\.element)
    return axis
  }

  /// Reports nulls that drop no inherited axis: all experiments would stay.
  private func reportNullsWithoutAxis(_ entries: [Node.Entry], _ context: ReadingContext) {
    for entry in entries where entry.value.isNull && !entry.value.dropsValue {
      if ["include", "exclude"].contains(entry.key) { continue }
      context.report(
        entry.keyPlace, keyPath("matrix", entry.key), "no such axis to drop\(axisHint(entry.key))")
    }
  }

  /// The axis that was probably meant by a path that is none, or else all of them; empty if there
  /// are none.
  private func axisHint(_ path: String) -> String {
    let names = axes.map(\.path)
    if let name = nearestName(to: path, among: names) ?? onlyName(beginning: path, among: names) {
      return "; did you mean \(quoted(name))?"
    }
    return names.isEmpty ? "" : "; varied: \(names.joined(separator: ", "))"
  }

  private func isPath(
    _ entry: Node.Entry, _ own: String, _ context: ReadingContext, fixed: [String] = fixedKeys
  ) -> Bool {
    let names = entry.key.split(separator: ".", omittingEmptySubsequences: false)
    guard names.allSatisfy({ !$0.isEmpty }), names.count <= YAMLReader.maximumDepth else {
      context.report(entry.keyPlace, own, "expected a path such as `prune.ratio`")
      return false
    }
    if let first = names.first, fixed.contains(String(first)) {
      context.report(entry.keyPlace, own, "\(quoted(String(first))) cannot differ within a file")
      return false
    }
    return true
  }

  /// Whether a key sets nothing that these axes set; reports it if it does.
  private func isApart(
    _ key: String, _ place: Place, from axes: [Axis], in path: String, _ context: ReadingContext
  ) -> Bool {
    guard let other = axes.first(where: { Self.overlaps($0.path, key) }) else { return true }
    context.report(
      place, keyPath(path, key), "overlaps with \(quoted(other.path)), which the matrix varies too")
    return false
  }

  /// Whether two paths are the same, or one is within the other.
  static func overlaps(_ first: String, _ second: String) -> Bool {
    first == second || first.hasPrefix(second + ".") || second.hasPrefix(first + ".")
  }

  /// The last axis varies fastest.
  private mutating func combine(_ place: Place, _ context: ReadingContext) {
    guard !axes.isEmpty else { return }
    combinations = [Combination(settings: [], naming: 0)]
    for axis in axes {
      guard combinations.count <= Self.maximumCombinations / axis.settings.count else {
        context.report(place, "matrix", "more than \(Self.maximumCombinations) combinations")
        return
      }
      combinations = combinations.flatMap { combination in
        axis.settings.map { setting in
          Combination(settings: combination.settings + [setting], naming: combination.naming + 1)
        }
      }
    }
  }

  // MARK: Exclude and include

  private mutating func exclude(_ list: Node, _ context: ReadingContext) {
    let known = Dictionary(
      uniqueKeysWithValues: axes.map { axis in (axis.path, Set(axis.settings.map(\.value))) })
    for (entries, node, path) in Self.mappings(list, "matrix.exclude", context) {
      let settings = entries.map { Setting(path: $0.key, place: $0.keyPlace, node: $0.value) }
      let unknown = settings.filter { known[$0.path]?.contains($0.value) != true }
      for setting in unknown where !context.isFull {
        let problem = unknownValue(setting)
        context.report(problem.place, keyPath(path, setting.path), problem.message)
      }
      if context.isFull { return }
      guard unknown.isEmpty else { continue }
      let count = combinations.count
      combinations.removeAll { Self.agree($0, settings) }
      if combinations.count == count {
        context.report(node.place, path, "no combination has these values")
      }
    }
  }

  /// Why a setting in `exclude` cannot match.
  private func unknownValue(_ setting: Setting) -> (place: Place, message: String) {
    guard !axes.isEmpty else { return (setting.place, "the matrix varies nothing that could be excluded") }
    guard axes.contains(where: { $0.path == setting.path }) else {
      return (setting.place, "not varied by the matrix\(axisHint(setting.path))")
    }
    let message = "\(setting.node.found) is not among the values of \(quoted(setting.path))"
    return (setting.node.place, message)
  }

  private mutating func include(_ list: Node, _ context: ReadingContext) {
    if case .list(let items) = list.content, items.count > Self.maximumCombinations {
      context.report(
        list.place, "matrix.include",
        "\(items.count) combinations; expected at most \(Self.maximumCombinations)")
      return
    }
    let product = combinations.indices
    var count = 0
    for (entries, node, path) in Self.mappings(list, "matrix.include", context) {
      guard
        entries.allSatisfy({
          isPath($0, keyPath(path, $0.key), context, fixed: ["format", "extends", "matrix"])
        })
      else { continue }
      let settings = entries.map { Setting(path: $0.key, place: $0.keyPlace, node: $0.value) }
      let agreeing = settings.filter { setting in axes.contains { $0.path == setting.path } }
      let added = settings.filter { setting in !axes.contains { $0.path == setting.path } }
      let matches = agreeing.isEmpty ? [] : product.filter { Self.agree(combinations[$0], agreeing) }
      // A new combination has values only of the axes that it names.
      let present =
        matches.isEmpty ? axes.filter { axis in agreeing.contains { $0.path == axis.path } } : axes
      // A key within an axis's value adds to it; one around it would replace it.
      let around = added.filter { setting in present.contains { $0.path.hasPrefix(setting.path + ".") } }
      guard around.allSatisfy({ isApart($0.path, $0.place, from: present, in: path, context) })
      else { continue }
      count += matches.count * added.count
      guard combinations.count < Self.maximumCombinations || !matches.isEmpty else {
        context.report(node.place, path, "more than \(Self.maximumCombinations) combinations")
        return
      }
      guard count <= Self.maximumAdditions else {
        context.report(node.place, path, "more than \(Self.maximumAdditions) values are added")
        return
      }
      if matches.isEmpty {
        combinations.append(Combination(settings: settings, naming: settings.count))
      } else if added.isEmpty {
        context.report(node.place, path, "this combination is there already")
      }
      for index in matches { combinations[index].settings += added }
    }
  }

  private static func agree(_ combination: Combination, _ settings: [Setting]) -> Bool {
    settings.allSatisfy { combination[$0.path]?.value == $0.value }
  }

  /// The mappings of a list, none of them empty.
  private static func mappings(
    _ list: Node, _ path: String, _ context: ReadingContext
  ) -> [(entries: [Node.Entry], node: Node, path: String)] {
    guard case .list(let items) = list.content else {
      context.report(list.place, path, "expected a list of mappings, found \(list.found)")
      return []
    }
    return items.enumerated().compactMap { index, item in
      guard case .mapping(let entries) = item.content, !entries.isEmpty else {
        context.report(
          item.place, "\(path)[\(index)]",
          "expected a mapping of paths to values, found \(item.found)")
        return nil
      }
      return (entries, item, "\(path)[\(index)]")
    }
  }
}

extension Matrix.Axis {
  fileprivate init(_ entry: Node.Entry, _ values: [Node]) {
    (path, place) = (entry.key, entry.keyPlace)
    settings = values.map { Matrix.Setting(path: entry.key, place: entry.keyPlace, node: $0) }
  }
}
