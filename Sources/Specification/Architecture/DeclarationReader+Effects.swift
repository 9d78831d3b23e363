/// Parameters and templates that nothing reads, which are mostly misspelt.
extension DeclarationReader {
  /// Warns of them, but refuses a parameter that only `--set` or the matrix has, like any unknown
  /// key.
  ///
  /// Other experiments may read them: those of the same file if they have other layers, and those
  /// of other files that extend a file below the one of `layers`.
  ///
  /// - Parameter place: of `layers`
  func checkReaders(
    of parameters: [ParameterDeclaration], _ blocks: [String: BlockDeclaration],
    _ layers: [LayerDeclaration], at place: Place
  ) {
    guard !["blocks", "layers"].contains(where: { context.varies(keyPath(path, $0)) }) else { return }
    let level = context.level(of: place)
    func unread(_ parameters: [ParameterDeclaration], _ read: Set<String>) -> [ParameterDeclaration] {
      parameters.filter { !read.contains($0.name) && context.level(of: $0.place) <= level }
    }
    let used = Set((layers + blocks.values.flatMap(\.layers)).compactMap(\.template))
    var read = Set(layers.flatMap(\.names)).union(Self.names(inDefaultsOf: parameters).own)
    for (name, block) in blocks.sorted(by: { $0.value.place < $1.value.place }) {
      let own = keyPath(keyPath(path, "blocks"), name)
      if !used.contains(name), context.level(of: block.place) <= level {
        context.warn(block.place, own, "no layer uses this block")
      }
      let defaults = Self.names(inDefaultsOf: block.parameters)
      read.formUnion(defaults.others)
      let readHere = defaults.own.union(block.layers.flatMap(\.names))
      for parameter in unread(block.parameters, readHere) {
        context.warn(
          parameter.place, keyPath(keyPath(own, "parameters"), parameter.name),
          "no layer of the block reads it\(Self.hint(parameter, block.parameters, readHere) ?? "")")
      }
    }
    for parameter in unread(parameters, read) {
      let own = keyPath(keyPath(path, "parameters"), parameter.name)
      if context.declaredParameters?.contains(parameter.name) == false {
        context.report(
          parameter.place, own,
          "unknown key\(Self.hint(parameter, parameters, read) ?? "; no layer reads it")")
      } else {
        context.warn(
          parameter.place, own, "no layer reads it\(Self.hint(parameter, parameters, read) ?? "")")
      }
    }
  }

  /// The names that defaults read: those of parameters before them, and others.
  private static func names(
    inDefaultsOf parameters: [ParameterDeclaration]
  ) -> (own: Set<String>, others: Set<String>) {
    var (own, others, earlier): (Set<String>, Set<String>, Set<String>) = ([], [], [])
    for parameter in parameters {
      let names = Set(parameter.defaultValue?.value.names ?? [])
      own.formUnion(names.intersection(earlier))
      others.formUnion(names.subtracting(earlier))
      earlier.insert(parameter.name)
    }
    return (own, others)
  }

  /// A hint at a parameter that is similar to one that is not read, and is read itself.
  private static func hint(
    _ unread: ParameterDeclaration, _ parameters: [ParameterDeclaration], _ read: Set<String>
  ) -> String? {
    nearestName(to: unread.name, among: parameters.map(\.name).filter(read.contains))
      .map { "; did you mean \(quoted($0))?" }
  }
}

extension LayerDeclaration {
  /// The template that a block uses; nil for other layers.
  fileprivate var template: String? {
    if kind == "block", case .word(let name) = value { name } else { nil }
  }

  /// The names in its expressions.
  fileprivate var names: [String] { expressions.flatMap(\.written.value.names) }
}
