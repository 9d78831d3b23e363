import Compute
import Foundation
import Specification

/// Experiments from files and suites.
public enum ExperimentLoading {
  /// All experiments of the files, in order, the file that each is in, by the experiment's name,
  /// everything that is wrong with any of them, and warnings of what is allowed but does nothing.
  ///
  /// - Parameters:
  ///   - overrides: `path=value` texts, applied to every experiment
  ///   - withoutDataset: whether other images stand in for the data set, which need not fit or
  ///     exist then
  ///   - forCheck: whether start weights that are not there get a warning, which a run makes an
  ///     error
  public static func load(
    _ files: [String], overrides: [String], withoutDataset: Bool = false, forCheck: Bool = false
  ) -> (
    specs: [ExperimentSpec], sources: [String: String], diagnostics: [Diagnostic],
    warnings: [Diagnostic]
  ) {
    var catalog = Catalog.standard
    catalog.checksDatasets = !withoutDataset
    var specs: [ExperimentSpec] = []
    var sources: [String: String] = [:]
    var diagnostics: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    var placeOfName: [String: Place] = [:]
    let memory = AvailableMemory.current()
    for file in members(files, &diagnostics) {
      do throws(SpecificationError) {
        let loaded = try ExperimentFile.experiments(
          file, overrides: overrides, catalog: catalog, environment: ProcessInfo.processInfo.environment)
        for experiment in loaded {
          let name = experiment.spec.name
          specs.append(experiment.spec)
          sources[name] = file
          // Experiments of one matrix share theirs.
          let found =
            experiment.warnings + memoryWarnings(experiment.spec, memory, at: experiment.place)
            + (forCheck ? missingFiles(experiment.spec, at: experiment.place) : [])
          warnings += found.filter { !warnings.contains($0) }
          if let other = placeOfName.updateValue(experiment.place, forKey: name) {
            diagnostics.append(
              Diagnostic(
                place: experiment.place, path: "name",
                message: "\(other) names its experiment `\(name)` too; results would mix"))
          }
        }
      } catch {
        diagnostics += error.diagnostics
      }
    }
    return (specs, sources, diagnostics, warnings)
  }

  private static func memoryWarnings(
    _ spec: ExperimentSpec, _ available: AvailableMemory?, at place: Place
  ) -> [Diagnostic] {
    MemoryCheck(spec, available: available)?.problem.map {
      [Diagnostic(place: place, path: "train.batch_size", message: $0)]
    } ?? []
  }

  /// Another machine may have the start weights.
  private static func missingFiles(_ spec: ExperimentSpec, at place: Place) -> [Diagnostic] {
    guard let path = spec.architecture.weights, !FileManager.default.fileExists(atPath: path) else {
      return []
    }
    return [
      Diagnostic(place: place, path: "architecture.weights", message: "\(path) is not there; `run` needs it")
    ]
  }

  /// The experiment files, suites expanded.
  private static func members(_ files: [String], _ diagnostics: inout [Diagnostic]) -> [String] {
    files.flatMap { file -> [String] in
      guard SuiteFile.isSuite(file) else { return [file] }
      do throws(SpecificationError) {
        return try SuiteFile.load(file)
      } catch {
        diagnostics += error.diagnostics
        return []
      }
    }
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

    init(_ diagnostic: Diagnostic) {
      (file, line, column) = (diagnostic.place.file, diagnostic.place.line, diagnostic.place.column)
      (path, message) = (diagnostic.path, diagnostic.message)
    }
  }

  let valid: Bool
  let experiments: [String]
  let errors: [Problem]
  let warnings: [Problem]

  public init(_ specs: [ExperimentSpec], _ diagnostics: [Diagnostic], warnings: [Diagnostic]) {
    valid = diagnostics.isEmpty
    experiments = specs.map(\.name)
    errors = diagnostics.map(Problem.init)
    self.warnings = warnings.map(Problem.init)
  }

  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}
