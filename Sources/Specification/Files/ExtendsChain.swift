/// Follows `extends` from file to file, and merges the files.
struct ExtendsChain {
  /// Largest number of files in a chain.
  static let maximumLength = 32

  private let context: ReadingContext
  private var names: [String] = []
  private var identities: [[UInt64]] = []

  init(_ context: ReadingContext) { self.context = context }

  /// The merged mapping, without `extends`.
  ///
  /// - Throws: errors that make the rest of the file meaningless; duplicate keys are reported to
  ///   the context.
  mutating func read(_ text: SourceText, _ file: String) throws(SpecificationError) -> Node {
    var (node, extends) = try Self.parse(text, file, context)
    names = [file]
    // The chain may return to the file of a text that was passed in.
    identities = [text.identity ?? (try? SourceText(path: file))?.identity].compactMap(\.self)
    var above: [Node] = []
    var file = file
    while let entry = extends {
      above.append(node)
      let (text, parent) = try open(entry, from: file)
      (node, extends) = try Self.parse(text, parent, context)
      file = parent
    }
    context.files = names
    // From the last file up: a null resets what the files below its own set, and nothing else.
    return above.reversed().reduce(node) { $0.merged(under: $1) }
  }

  /// The root mapping of a file without `extends` and keys for anchors, and `extends`.
  private static func parse(
    _ text: SourceText, _ file: String, _ context: ReadingContext
  ) throws(SpecificationError) -> (Node, Node.Entry?) {
    let document = try YAMLReader.read(text.bytes, file: file)
    context.report(document.diagnostics)
    guard let root = document.root?.withoutAnchors, !root.isNull else {
      throw SpecificationError(Place(file: file), "the file is empty; expected a mapping")
    }
    guard case .mapping(let entries) = root.content else {
      throw SpecificationError(root.place, "expected a mapping, found \(root.found)")
    }
    let extends = entries.first { $0.key == "extends" && !$0.value.isNull }
    return (root.without("extends"), extends)
  }

  private mutating func open(
    _ entry: Node.Entry, from file: String
  ) throws(SpecificationError) -> (SourceText, String) {
    let place = entry.value.place
    guard let path = ValueForm.path.read(entry.value, "extends", context) else {
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    // The variable stands for a path that is relative to the working folder.
    var (isWhole, hint) = (false, "")
    if case .scalar(let scalar) = entry.value.content {
      isWhole = experimentFolderUse(in: scalar.text) == scalar.text.startIndex
      hint = bareVariableProblem(in: scalar.text).map { "; \($0)" } ?? ""
    }
    let parent = isWhole ? path : resolve(path, relativeTo: file)
    let text: SourceText
    do throws(SourceText.Unreadable) {
      text = try SourceText(path: parent)
    } catch {
      throw failure(place, "\(quoted(parent, limit: 1_000)) \(error.reason)\(hint)")
    }
    names.append(parent)
    if let identity = text.identity, identities.contains(identity) {
      throw failure(place, "a file extends itself: \(names.joined(separator: " -> "))")
    }
    guard names.count <= Self.maximumLength else {
      throw failure(place, "more than \(Self.maximumLength) files extend one another")
    }
    identities.append(text.identity ?? [])
    return (text, parent)
  }

  private func failure(_ place: Place, _ message: String) -> SpecificationError {
    SpecificationError(
      diagnostics: context.diagnostics + [Diagnostic(place: place, path: "extends", message: message)])
  }
}
