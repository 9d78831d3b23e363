/// An experiment of a file, and the location in the file that distinguishes it from its siblings.
public struct LoadedExperiment: Equatable, Sendable {
  public var spec: ExperimentSpec
  /// Of the name, or of the first value of a combination.
  public var place: Place
  /// Settings that are allowed but probably mistakes, by location.
  public var warnings: [Diagnostic] = []
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
    guard case .mapping(let entries) = node.content,
      let matrix = entries.first(where: { $0.key == section.matrix.name && !$0.value.isNull })
    else {
      if let spec = section.read(node, context) {
        let place = node.value(at: "name")?.place ?? node.place
        return [LoadedExperiment(spec: spec, place: place, warnings: context.warnings)]
      }
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    var plain = node
    plain.content = .mapping(entries.filter { $0.key != section.matrix.name })
    return try expand(Matrix(matrix.value, context), plain, at: matrix.value.place)
  }

  private func expand(
    _ matrix: Matrix, _ node: Node, at place: Place
  ) throws(SpecificationError) -> [LoadedExperiment] {
    let refused = matrix.axes.filter(refuseOverride)
    guard refused.isEmpty else { throw SpecificationError(diagnostics: context.diagnostics) }
    let base = node.value(at: section.name.name).flatMap {
      section.name.form.read($0, section.name.name, ReadingContext(sharing: context))
    }
    var found: [LoadedExperiment] = []
    var earlier: [String: Matrix.Combination] = [:]
    var seen: Set<String> = []
    for combination in matrix.combinations {
      let own = ReadingContext(sharing: context)
      var combined = combination.settings.reduce(node) { $0.setting($1) }
      for setting in combination.settings { combined = overriding(setting, in: combined) }
      if let base {
        let name = combination.name(base: base)
        if let other = earlier.updateValue(combination, forKey: name) {
          reportClash(name, combination, other, at: place)
        }
        combined = combined.setting(naming(name, combination, at: place))
      }
      if let spec = section.read(combined, own) {
        found.append(
          LoadedExperiment(spec: spec, place: combination.place ?? place, warnings: own.warnings))
      }
      for diagnostic in own.diagnostics where seen.insert(diagnostic.description).inserted {
        context.report(diagnostic.place, diagnostic.path, diagnostic.message)
      }
      if context.isFull { break }
    }
    guard context.diagnostics.isEmpty else { throw SpecificationError(diagnostics: context.diagnostics) }
    return found
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

  /// The combined experiment with the overrides of a key that `include` has set: they hold for all
  /// experiments. What it has left out by null stays so, whatever is set within.
  private func overriding(_ setting: Matrix.Setting, in combined: Node) -> Node {
    overrides.reduce(combined) { combined, override in
      guard let found = override.setting(at: setting.path) else { return combined }
      if case .mapping = found.node.content, setting.node.isNull { return combined }
      return combined.setting(found)
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
}
