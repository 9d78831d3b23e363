import Foundation
import Specification

/// Experiments from files and suites.
public enum ExperimentLoading {
  /// All experiments of the files, in order, and everything that is wrong with any of them.
  ///
  /// - Parameter overrides: `path=value` texts, applied to every experiment.
  public static func load(
    _ files: [String], overrides: [String]
  ) -> (specs: [ExperimentSpec], diagnostics: [Diagnostic]) {
    var specs: [ExperimentSpec] = []
    var diagnostics: [Diagnostic] = []
    for file in files {
      do {
        for member in try SuiteFile.isSuite(file) ? SuiteFile.load(file) : [file] {
          specs.append(
            try ExperimentFile.load(
              member, overrides: overrides, catalog: .standard,
              environment: ProcessInfo.processInfo.environment))
        }
      } catch {
        diagnostics += error.diagnostics
      }
    }
    return (specs, diagnostics)
  }
}

/// What `validate --format json` prints.
public struct ValidationResult: Encodable {
  struct Problem: Encodable {
    var file: String
    var line: Int
    var column: Int
    var path: String
    var message: String
  }

  let valid: Bool
  let experiments: [String]
  let errors: [Problem]

  public init(_ specs: [ExperimentSpec], _ diagnostics: [Diagnostic]) {
    valid = diagnostics.isEmpty
    experiments = specs.map(\.name)
    errors = diagnostics.map {
      Problem(
        file: $0.place.file, line: $0.place.line, column: $0.place.column, path: $0.path, message: $0.message)
    }
  }

  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}
