#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads suites: files with the single key `suite`, a list of experiment files.
public enum SuiteFile {
  /// Whether a file is a suite rather than an experiment: a mapping with the key `suite`, or with a
  /// single key that is similar, so that its error says so.
  ///
  /// False for unreadable files: reading them as experiments then reports the error.
  public static func isSuite(_ file: String) -> Bool {
    guard let text = try? SourceText(path: file),
      let document = try? YAMLReader.read(text.bytes, file: file),
      case .mapping(let entries)? = document.root?.withoutAnchors.content
    else { return false }
    return entries.contains { $0.key == "suite" }
      || entries.count == 1 && nearestName(to: entries[0].key, among: ["suite"]) != nil
  }

  /// The experiment files of a suite, in its order; files that match a pattern are sorted by name,
  /// and each file appears once.
  ///
  /// Entries are relative to the suite's folder; `*`, `?` and `[…]` are patterns. A suite in a
  /// suite is replaced by its files.
  ///
  /// - Throws: every error at once, including entries without a file.
  public static func load(_ file: String) throws(SpecificationError) -> [String] {
    var seen: Set<String> = []
    var loaded: Set<String> = []
    return try load(file, within: [], &loaded).filter { seen.insert($0).inserted }
  }

  /// - Parameters:
  ///   - suites: the enclosing suites, outermost first
  ///   - loaded: paths of the suites within whose files are listed already; they are not read
  ///     again, or suites that list others twice would double the work at every level
  private static func load(
    _ file: String, within suites: [Suite], _ loaded: inout Set<String>
  ) throws(SpecificationError) -> [String] {
    let start = Place(file: file)
    let text = try SourceText(file: file)
    let document = try YAMLReader.read(text.bytes, file: file)
    let context = ReadingContext(catalog: Catalog(), environment: [:])
    context.report(document.diagnostics)
    let field = Field("suite", .list(of: .text), required: true, "Experiment files and patterns of them.")
    var files: [String] = []
    if let mapping = MappingReader(
      document.root?.withoutAnchors, place: start, path: "", keys: [field.key], context),
      mapping[field] != nil, case .list(let items)? = mapping.node(field.name)?.content
    {
      let chain = suites + [Suite(path: file, identity: text.identity)]
      var listed: Set<String> = []
      for (index, item) in items.enumerated() {
        guard case .scalar(let scalar) = item.content else { continue }
        let found = matches(scalar.text, suite: file)
        if found.isEmpty {
          context.report(item.place, "suite[\(index)]", noMatch(of: scalar.text, suite: file))
        }
        for path in found where listed.insert(path).inserted {
          guard isSuite(path) else {
            files.append(path)
            continue
          }
          if let problem = problem(of: path, within: chain) {
            context.report(item.place, "suite[\(index)]", problem)
            continue
          }
          // Another link to a suite lists other files: patterns begin in the folder of its path.
          guard loaded.insert(place(of: path)).inserted else { continue }
          do throws(SpecificationError) {
            files += try load(path, within: chain, &loaded)
          } catch {
            for inner in error.diagnostics { context.report(inner.place, inner.path, inner.message) }
          }
        }
      }
    }
    if !context.diagnostics.isEmpty { throw SpecificationError(diagnostics: context.diagnostics) }
    return files
  }

  /// Largest depth of suites in suites.
  private static let maximumDepth = 32

  /// Why a suite cannot be listed within others; nil if it can.
  private static func problem(of suite: String, within chain: [Suite]) -> String? {
    if let own = try? SourceText(path: suite).identity, chain.contains(where: { $0.identity == own }) {
      return "a suite lists itself: \((chain.map(\.path) + [suite]).joined(separator: " -> "))"
    }
    return chain.count < maximumDepth ? nil : "more than \(maximumDepth) suites list one another"
  }

  /// A file that is being read, and what identifies it whatever its path.
  private struct Suite {
    var path: String
    var identity: [UInt64]?
  }

  /// The path of a file in its folder, whatever the path to the folder is.
  private static func place(of file: String) -> String {
    let slash = file.lastIndex(of: "/")
    let folder = slash.map { String(file[...$0]) } ?? "."
    guard let real = realpath(folder, nil) else { return file }
    defer { free(real) }
    return String(cString: real) + "/" + (slash.map { file[file.index(after: $0)...] } ?? file[...])
  }

  /// Why an entry gives no file.
  private static func noMatch(of pattern: String, suite: String) -> String {
    if pattern.contains("**") {
      return "`**` does not search folders in folders; list the folders one by one, such as `a/*.yaml`"
    }
    let hint = extensionHint(resolve(pattern, relativeTo: suite))
    return "no file matches \(quoted(pattern, limit: 1_000))\(hint)"
  }

  private static func matches(_ pattern: String, suite: String) -> [String] {
    // `glob` takes `**` for `*`, which would leave out files.
    guard !pattern.isEmpty, !pattern.contains("**") else { return [] }
    // The suite's own folder may have a name with pattern characters in it.
    let folder = suite.lastIndex(of: "/").map { String(suite[...$0]) } ?? ""
    let isWhole = pattern.hasPrefix("/") || pattern.hasPrefix("~/")
    let path = isWhole ? pattern : escaped(folder) + pattern
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(path, isWhole ? GLOB_TILDE : 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { index in
      guard let name = result.gl_pathv[index] else { return nil }
      let path = String(cString: name)
      // A pattern may match the suite, too; its name means it.
      let isSkipped = path == suite && pattern.contains { "*?[".contains($0) }
      return isSkipped || path.hasSuffix("/") ? nil : path
    }
  }

  private static func escaped(_ folder: String) -> String {
    folder.reduce(into: "") { result, character in
      if "*?[]\\".contains(character) { result.append("\\") }
      result.append(character)
    }
  }
}
