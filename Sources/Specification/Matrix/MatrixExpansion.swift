/// An experiment of a file, and the location in the file that distinguishes it from its siblings.
public struct LoadedExperiment: Equatable, Sendable {
  public var spec: ExperimentSpec
  /// Of the name, or of the first value of a combination.
  public var place: Place
  /// Settings that are allowed but probably mistakes, by location; the first experiment of a file
  /// has those of all.
  public var warnings: [Diagnostic] = []
  /// Of the path of the start weights, if it is written.
  public var weightsPlace: Place?
}

/// Reads the experiments of a file: one, or one for every combination of its matrix.
struct MatrixExpansion {
  let section: ExperimentSection
  /// Overrides of the file, which must not contradict its matrix.
  let overrides: [Node]
  let context: ReadingContext

  /// - Parameter node: the whole file, after `extends`.
  /// - Throws: every error once, even if several combinations have it.
  func experiments(_ node: Node) throws(SpecificationError) -> [LoadedExperiment] {
    guard case .mapping = node.content, let matrix = node.value(at: section.matrix.name), !matrix.isNull
    else {
      if let spec = section.read(node, context) {
        let place = node.value(at: "name")?.place ?? node.place
        return [
          LoadedExperiment(
            spec: spec, place: place, warnings: context.warnings, weightsPlace: Self.weightsPlace(node))
        ]
      }
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    return try expand(Matrix(matrix, context), node.without(section.matrix.name), at: matrix.place)
  }

  private func expand(
    _ matrix: Matrix, _ node: Node, at place: Place
  ) throws(SpecificationError) -> [LoadedExperiment] {
    let refused = matrix.axes.filter { refuseOverride(of: $0) || refuseReset(of: $0, in: node) }
    guard refused.isEmpty else { throw SpecificationError(diagnostics: context.diagnostics) }
    let base = node.value(at: section.name.name).flatMap {
      section.name.form.read($0, section.name.name, ReadingContext(sharing: context))
    }
    var found: [LoadedExperiment] = []
    var names = Names()
    var seen: Set<String> = []
    context.variedPaths = Set(matrix.combinations.flatMap(\.settings).map(\.path))
    for combination in matrix.combinations {
      let own = ReadingContext(sharing: context)
      var combined = self.combined(combination, with: node)
      if let base { combined = named(combined, combination, base: base, at: place, &names) }
      if let spec = section.read(combined, own) {
        found.append(
          LoadedExperiment(
            spec: spec, place: combination.place ?? place, weightsPlace: Self.weightsPlace(combined)))
      }
      for warning in own.warnings where seen.insert(warning.description).inserted {
        context.warn(warning.place, warning.path, warning.message)
      }
      for diagnostic in own.diagnostics where seen.insert(diagnostic.description).inserted {
        context.report(diagnostic.place, diagnostic.path, diagnostic.message)
      }
      if context.isFull { break }
    }
    guard context.diagnostics.isEmpty else { throw SpecificationError(diagnostics: context.diagnostics) }
    if !found.isEmpty { found[0].warnings = context.warnings }
    return found
  }

  private static func weightsPlace(_ node: Node) -> Place? {
    node.value(at: "architecture.weights")?.place
  }

  /// The names of combinations so far.
  private struct Names {
    var given: [String: Matrix.Combination] = [:]
    var hasLong = false
  }

  /// The experiment of a combination with its name; one that is taken is reported, as is the first
  /// one that is too long.
  ///
  /// - Parameter base: the file's name
  private func named(
    _ node: Node, _ combination: Matrix.Combination, base: String, at place: Place, _ names: inout Names
  ) -> Node {
    guard let name = combination.name(base: base) else {
      return combination["name"].map { node.setting($0) } ?? node
    }
    if let other = names.given.updateValue(combination, forKey: name) {
      reportClash(name, combination, other, at: place)
    }
    let naming = self.naming(name, combination, at: place)
    guard isTooLong(naming, combination) else { return node.setting(naming) }
    if !names.hasLong { reportLength(name, at: naming.place) }
    names.hasLong = true
    return node
  }

  private func naming(_ name: String, _ combination: Matrix.Combination, at place: Place) -> Matrix.Setting {
    let place = combination["name"]?.node.place ?? combination.place ?? place
    let node = Node(content: .scalar(Node.Scalar(text: name, isPlain: false)), place: place)
    return Matrix.Setting(path: section.name.name, place: place, node: node)
  }

  private func reportClash(
    _ name: String, _ combination: Matrix.Combination, _ other: Matrix.Combination, at place: Place
  ) {
    let differing = combination.settings.first { setting in
      other[setting.path]?.value != setting.value
    }
    let own = differing?.node.place ?? combination.place ?? place
    let others = differing.flatMap { other[$0.path]?.node.place } ?? other.place ?? place
    context.report(
      own, differing?.path ?? section.matrix.name,
      "names the experiment \(quoted(name, limit: 128)), as the value at \(others) does; give one a `name` in `include`"
    )
  }

  /// Whether the parts that a combination adds to a valid name make it too long.
  private func isTooLong(_ naming: Matrix.Setting, _ combination: Matrix.Combination) -> Bool {
    let isOwn = combination["name"].map { !$0.node.isNull } ?? false
    return !isOwn && section.name.form.read(naming.node, naming.path, ReadingContext(sharing: context)) == nil
  }

  private func reportLength(_ name: String, at place: Place) {
    context.report(
      place, section.matrix.name,
      "names the experiment \(quoted(name)), \(name.utf8.count) characters; expected"
        + " \(section.name.form.expectation); shorten `name`, or give the combination a `name` in `include`")
  }

  /// The experiment of a combination. Overrides hold for all experiments, also where `include` sets
  /// their keys; but what `include` has left out by null stays so, whatever they set within it.
  private func combined(_ combination: Matrix.Combination, with node: Node) -> Node {
    let settings = combination.settings.filter { reset(above: $0.path, at: $0.place, in: node) == nil }
    let own = settings.reduce(node) { $0.setting($1) }
    let overridden = overrides.reduce(own) {
      $0.merged(under: $1.without(section.matrix.name), keepsPlaces: true)
    }
    return settings.reduce(overridden) { result, setting in
      guard setting.node.isNull, own.value(at: setting.path)?.isNull == true,
        case .mapping? = overridden.value(at: setting.path)?.content
      else { return result }
      return result.setting(setting)
    }
  }

  /// Whether an override sets a key that the matrix varies, which would silently replace the axis;
  /// reports that.
  private func refuseOverride(of axis: Matrix.Axis) -> Bool {
    let values = overrides.compactMap { $0.value(at: axis.path) }
    for value in values {
      context.report(
        value.place, axis.path,
        "varied by the matrix at \(axis.place); set \(quoted("matrix.\(axis.path)=[…]", limit: 1_000)) instead"
      )
    }
    return !values.isEmpty
  }

  /// Whether a file takes away the section in which an inherited matrix varies a key; reports that.
  private func refuseReset(of axis: Matrix.Axis, in node: Node) -> Bool {
    guard let null = reset(above: axis.path, at: axis.place, in: node) else { return false }
    let axisReset = quoted("matrix: {\(axis.path): null}", limit: 1_000)
    context.report(
      null, axis.path,
      "varied by the matrix at \(axis.place); \(axisReset) drops that, and `matrix: null` the matrix")
    return true
  }

  /// Where a file takes away the section of a key that a matrix below it sets; nil if none does.
  ///
  /// Only `prune` can be taken away: null stands for the defaults of other sections, to which the
  /// matrix adds its values.
  private func reset(above path: String, at place: Place, in node: Node) -> Place? {
    guard path.hasPrefix("prune."), let value = node.value(at: "prune"), value.isNull,
      context.level(of: value.place) < context.level(of: place)
    else { return nil }
    return value.place
  }
}
