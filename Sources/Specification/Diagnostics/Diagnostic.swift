/// One error in an experiment file: source location, key, and a sentence to act on.
public struct Diagnostic: Error, Equatable, Sendable {
  public var place: Place
  /// The key's path, such as `train.optimizer.momentum` or `seeds[1]`; empty if the error does not
  /// concern a key.
  public var path: String
  /// One line.
  public var message: String

  public init(place: Place, path: String = "", message: String) {
    self.place = place
    self.path = path
    self.message = message
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: path: message`, without an empty path.
  public var description: String {
    path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
  }
}

/// All errors of an experiment, sorted by source location.
public struct SpecificationError: Error, Equatable, Sendable {
  /// Never empty.
  public var diagnostics: [Diagnostic]

  public init(diagnostics: [Diagnostic]) {
    // The sort is stable: errors at the same location stay in the order in which they were found.
    self.diagnostics = diagnostics.enumerated()
      .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
      .map(\.element)
  }

  init(_ place: Place, path: String = "", _ message: String) {
    self.init(diagnostics: [Diagnostic(place: place, path: path, message: message)])
  }
}

extension SpecificationError: CustomStringConvertible {
  /// One line per diagnostic.
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
