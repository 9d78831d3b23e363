/// Shared state while one experiment is read: the catalog, the environment, and the errors found so
/// far.
final class ReadingContext {
  let catalog: Catalog
  let environment: [String: String]
  /// Full paths of every key, by the key's own name, for keys that are written at the wrong level.
  let knownPaths: [String: [String]]
  /// The file and those that it extends, in this order.
  var files: [String] = []
  /// Names in the files' own `architecture.parameters`; nil where there are no overrides.
  var declaredParameters: Set<String>?
  /// Paths that the file's matrix sets.
  var variedPaths: Set<String> = []
  private(set) var diagnostics: [Diagnostic] = []
  /// Warnings: settings that are allowed but have no effect, or not the apparent one.
  private(set) var warnings: [Diagnostic] = []
  private(set) var isFull = false

  /// A damaged file can hold tens of thousands of errors; nobody reads more than this.
  static let maximumDiagnostics = 100

  init(catalog: Catalog, environment: [String: String], knownPaths: [String: [String]] = [:]) {
    self.catalog = catalog
    self.environment = environment
    self.knownPaths = knownPaths
  }

  /// A context with the other's inputs and no errors yet, for what a matrix sets, where hints at
  /// `matrix` would be wrong.
  init(sharing other: ReadingContext) {
    catalog = other.catalog
    environment = other.environment
    knownPaths = other.knownPaths.filter { $0.key != "matrix" }
    (files, declaredParameters, variedPaths) = (other.files, other.declaredParameters, other.variedPaths)
  }

  /// Whether experiments of the same file may differ in a key.
  func varies(_ path: String) -> Bool { variedPaths.contains { Matrix.overlaps($0, path) } }

  /// How far below others a source location is: 0 for `--set`, then the file and those that it
  /// extends.
  func level(of place: Place) -> Int {
    Override.isPlace(place) ? 0 : 1 + (files.firstIndex(of: place.file) ?? files.count)
  }

  /// The variables that a text at a source location may use: the environment and the folder of the
  /// file.
  func variables(at place: Place) -> [String: String] {
    guard !Override.isPlace(place) else { return environment }
    let folder = place.file.lastIndex(of: "/").map { String(place.file[..<$0]) } ?? "."
    return environment.merging([experimentFolder: folder]) { $1 }
  }

  /// Description of a node where one value is expected, with a hint at the matrix for a list of
  /// values of a key that it can vary.
  func found(_ node: Node, _ path: String) -> String {
    // Other kinds of files have no matrix.
    guard case .list(let items) = node.content, items.count > 1, knownPaths["matrix"] != nil,
      !Matrix.fixedKeys.contains(path), !path.contains("[")
    else { return node.found }
    return "\(node.found); several values go into `matrix`"
  }

  /// Adds errors found elsewhere.
  func report(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { report(diagnostic.place, diagnostic.path, diagnostic.message) }
  }

  /// Adds an error; its message is not built once there are too many.
  func report(_ place: Place, _ path: String, _ message: @autoclosure () -> String) {
    guard !isFull else { return }
    diagnostics.append(Diagnostic(place: place, path: path, message: message()))
    if diagnostics.count == Self.maximumDiagnostics {
      isFull = true
      diagnostics.append(Diagnostic(place: place, message: "too many errors, the rest is not shown"))
    }
  }

  /// Adds a warning; its message is not built once there are too many.
  func warn(_ place: Place, _ path: String, _ message: @autoclosure () -> String) {
    guard warnings.count <= Self.maximumDiagnostics else { return }
    warnings.append(
      warnings.count == Self.maximumDiagnostics
        ? Diagnostic(place: place, message: "too many warnings, the rest is not shown")
        : Diagnostic(place: place, path: path, message: message()))
  }
}
