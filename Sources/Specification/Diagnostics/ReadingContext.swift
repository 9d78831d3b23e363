/// What reading one experiment shares: the catalog, the environment, and the errors found so far.
final class ReadingContext {
  let catalog: Catalog
  let environment: [String: String]
  /// Full paths of every key, by the key's own name, for keys that are written at the wrong level.
  let knownPaths: [String: [String]]
  private(set) var diagnostics: [Diagnostic] = []
  /// What is allowed but does nothing, or not what it seems to.
  private(set) var warnings: [Diagnostic] = []
  private(set) var isFull = false

  /// A damaged file can hold tens of thousands of errors; nobody reads more than this.
  static let maximumDiagnostics = 100

  init(catalog: Catalog, environment: [String: String], knownPaths: [String: [String]] = [:]) {
    self.catalog = catalog
    self.environment = environment
    self.knownPaths = knownPaths
  }

  /// One that has found nothing yet.
  init(sharing other: ReadingContext) {
    catalog = other.catalog
    environment = other.environment
    knownPaths = other.knownPaths
  }

  /// The variables that a text at a place may use: the environment's, and the folder of its file.
  func variables(at place: Place) -> [String: String] {
    guard !Override.isPlace(place) else { return environment }
    let folder = place.file.lastIndex(of: "/").map { String(place.file[..<$0]) } ?? "."
    return environment.merging([experimentFolder: folder]) { $1 }
  }

  /// Notes errors that were found elsewhere.
  func report(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { report(diagnostic.place, diagnostic.path, diagnostic.message) }
  }

  /// Notes an error; the message is not built once there are too many.
  func report(_ place: Place, _ path: String, _ message: @autoclosure () -> String) {
    guard !isFull else { return }
    diagnostics.append(Diagnostic(place: place, path: path, message: message()))
    if diagnostics.count == Self.maximumDiagnostics {
      isFull = true
      diagnostics.append(Diagnostic(place: place, message: "too many errors, the rest is not shown"))
    }
  }

  /// Notes something that is no error.
  func warn(_ place: Place, _ path: String, _ message: String) {
    warnings.append(Diagnostic(place: place, path: path, message: message))
  }
}
