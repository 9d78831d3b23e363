/// Reads experiment files.
///
/// A file is read and merged with the files that it `extends`; overrides are applied; then all keys
/// are checked at once.
public enum ExperimentFile {
  /// Reads the experiments of a file: one, or one for every combination of its matrix.
  ///
  /// - Parameters:
  ///   - file: path of the file, for source locations.
  ///   - overrides: `path=value` texts, such as `train.optimizer.learning_rate=0.05`; the value is
  ///     YAML, and a mapping is merged. Later ones win.
  ///   - catalog: the names that the file may use.
  ///   - environment: variables for `${NAME}` in `extends`, `dataset.path`,
  ///     `architecture.weights` and `architecture.onnx`.
  /// - Throws: every error of the file at once, sorted by source location.
  public static func experiments(
    _ file: String, overrides: [String] = [], catalog: Catalog, environment: [String: String]
  ) throws(SpecificationError) -> [LoadedExperiment] {
    try experiments(SourceText(file: file), file, overrides, catalog, environment)
  }

  /// Reads the experiments of a text.
  ///
  /// - Parameter file: the path for source locations; `extends` is relative to its folder.
  static func experiments(
    text: String, file: String, overrides: [String] = [], catalog: Catalog,
    environment: [String: String] = [:]
  ) throws(SpecificationError) -> [LoadedExperiment] {
    try experiments(SourceText(bytes: Array(text.utf8)), file, overrides, catalog, environment)
  }

  /// Reads the experiment of a file with one experiment.
  package static func load(
    _ file: String, overrides: [String] = [], catalog: Catalog, environment: [String: String]
  ) throws(SpecificationError) -> ExperimentSpec {
    try single(
      experiments(file, overrides: overrides, catalog: catalog, environment: environment), file)
  }

  /// Reads the experiment of a text with one experiment.
  ///
  /// - Parameter file: the path for source locations; `extends` is relative to its folder.
  public static func load(
    text: String, file: String, overrides: [String] = [], catalog: Catalog,
    environment: [String: String] = [:]
  ) throws(SpecificationError) -> ExperimentSpec {
    try load(SourceText(bytes: Array(text.utf8)), file, overrides, catalog, environment)
  }

  static func load(
    _ text: SourceText, _ file: String, _ overrides: [String], _ catalog: Catalog,
    _ environment: [String: String]
  ) throws(SpecificationError) -> ExperimentSpec {
    try single(experiments(text, file, overrides, catalog, environment), file)
  }

  private static func single(
    _ found: [LoadedExperiment], _ file: String
  ) throws(SpecificationError) -> ExperimentSpec {
    guard let first = found.first, found.count == 1 else {
      throw SpecificationError(
        found.first?.place ?? Place(file: file), path: "matrix",
        "gives \(found.count) experiments; expected one, such as with `--set matrix=null`")
    }
    return first.spec
  }

  private static func experiments(
    _ text: SourceText, _ file: String, _ overrides: [String], _ catalog: Catalog,
    _ environment: [String: String]
  ) throws(SpecificationError) -> [LoadedExperiment] {
    guard text.bytes.count <= SourceText.maximumBytes else {
      throw SpecificationError(Place(file: file), "the file is larger than 1 MiB")
    }
    let section = ExperimentSection(catalog)
    let context = ReadingContext(
      catalog: catalog, environment: environment, knownPaths: section.keys.paths())
    var chain = ExtendsChain(context)
    var node = try chain.read(text, file)
    context.declaredParameters = Set(node.keys(at: "architecture.parameters"))
    let changes = overrides.compactMap { Override($0).node(context) }
    for change in changes { node = node.merged(under: change, keepsPlaces: true) }
    return try MatrixExpansion(section: section, overrides: changes, context: context).experiments(node)
  }
}
