/// Reads cluster profiles: files with partitions, accounts and other settings that do not belong in
/// experiments.
public enum ClusterProfileFile {
  /// - Throws: every error of the file at once.
  public static func load(_ file: String) throws(SpecificationError) -> ClusterProfile {
    let document = try YAMLReader.read(SourceText(file: file).bytes, file: file)
    let section = ClusterSection()
    let context = ReadingContext(catalog: Catalog(), environment: [:], knownPaths: section.keys.paths())
    context.report(document.diagnostics)
    let mapping = MappingReader(
      document.root?.withoutAnchors, place: Place(file: file), path: "", keys: section.keys, context)
    guard let profile = mapping.flatMap(section.read), context.diagnostics.isEmpty else {
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    return profile
  }
}
