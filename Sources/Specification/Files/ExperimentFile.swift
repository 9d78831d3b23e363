/// Reads experiment files.
///
/// A file is read, the files it `extends` are merged under it, the overrides over it; then all keys are checked at once.
public enum ExperimentFile {
  /// Reads one experiment.
  ///
  /// - Parameters:
  ///   - file: path of the file; places carry it as it is given here.
  ///   - overrides: `path=value` texts, such as `train.optimizer.learning_rate=0.05`; the value is YAML, and a mapping
  ///     is merged. Later ones win.
  ///   - catalog: what the file may name.
  ///   - environment: variables for `${NAME}` in `extends`, `dataset.path` and `architecture.weights`.
  /// - Throws: every error of the file at once, sorted by place.
  public static func load(
    _ file: String, overrides: [String] = [], catalog: Catalog, environment: [String: String]
  ) throws(SpecificationError) -> ExperimentSpec {
    let text: SourceText
    do throws(SourceText.Unreadable) {
      text = try SourceText(path: file)
    } catch {
      throw SpecificationError(Place(file: file), "the file \(error.reason)")
    }
    return try load(text, file, overrides, catalog, environment)
  }

  /// Reads one experiment from a text.
  ///
  /// - Parameter file: what places carry; `extends` is relative to its folder.
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
    guard text.bytes.count <= SourceText.maximumBytes else {
      throw SpecificationError(Place(file: file), "the file is larger than 1 MiB")
    }
    let section = ExperimentSection(catalog)
    let context = ReadingContext(
      catalog: catalog, environment: environment, knownPaths: section.keys.paths())
    var chain = ExtendsChain(context)
    var node = try chain.read(text, file)
    for override in overrides {
      if let change = Override(override).node(context) { node = node.merged(under: change) }
    }
    if let spec = section.read(node, context) { return spec }
    throw SpecificationError(diagnostics: context.diagnostics)
  }
}
