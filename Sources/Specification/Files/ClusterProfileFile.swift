/// Reads cluster profiles: files with partitions, accounts and other settings that do not belong in
/// experiments.
public enum ClusterProfileFile {
  /// - Throws: every error of the file at once.
  public static func load(_ file: String) throws(SpecificationError) -> ClusterProfile {
    let start = Place(file: file)
    let text: SourceText
    do throws(SourceText.Unreadable) {
      text = try SourceText(path: file)
    } catch {
      throw SpecificationError(start, "the file \(error.reason)")
    }
    let document = try YAMLReader.read(text.bytes, file: file)
    let section = ClusterSection()
    let context = ReadingContext(
      catalog: Catalog(datasets: [], architectures: [], criteria: []), environment: [:],
      knownPaths: section.keys.paths())
    context.report(document.diagnostics)
    let mapping = MappingReader(
      document.root?.withoutAnchors, place: start, path: "", keys: section.keys, context)
    guard let profile = mapping.flatMap(section.read), context.diagnostics.isEmpty else {
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    return profile
  }
}
