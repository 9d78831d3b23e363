import Compute
import Foundation
import Reports
import Specification

/// Loads experiments from files and suites.
public enum ExperimentLoading {
  /// All experiments of the files, in order, each name once; the file of each experiment, by name;
  /// all errors; and warnings about settings without effect.
  ///
  /// - Parameters:
  ///   - overrides: `path=value` texts, applied to every experiment
  ///   - withoutDataset: whether other images replace the data set, which then need not fit or
  ///     exist
  ///   - model: a trained model's file, whose metadata has the classes of a data set of pictures
  ///     that does not exist
  ///   - threads: of the trainings, to warn of those that do not fit into memory; nil to leave that
  ///     to a run, which refuses them
  ///   - forCheck: whether missing start weights, an error of a run, are reported as a warning
  public static func load(
    _ files: [String], overrides: [String], withoutDataset: Bool = false, model: String? = nil,
    threads: Int? = nil, forCheck: Bool = false
  ) -> (
    specs: [ExperimentSpec], sources: [String: String], diagnostics: [Diagnostic],
    warnings: [Diagnostic]
  ) {
    var catalog = Catalog.standard
    catalog.checksDatasets = !withoutDataset
    if withoutDataset, let model { catalog.modelClasses = ModelMetadata.classNames(ofModel: model)?.count }
    var specs: [ExperimentSpec] = []
    var sources: [String: String] = [:]
    var diagnostics: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    var placeOfName: [String: Place] = [:]
    let memory = threads == nil ? nil : AvailableMemory.current()
    for file in members(files, &diagnostics) {
      do throws(SpecificationError) {
        let loaded = try ExperimentFile.experiments(
          file, overrides: overrides, catalog: catalog, environment: ProcessInfo.processInfo.environment)
        for experiment in loaded {
          let name = experiment.spec.name
          let earlier = sources.updateValue(file, forKey: name)
          // Experiments of one matrix share their warnings.
          let found =
            experiment.warnings
            + (threads.map { memoryWarnings(experiment.spec, memory, $0, at: experiment.place) } ?? [])
            + (forCheck ? missingWeights(experiment) : [])
          warnings += found.filter { !warnings.contains($0) }
          if let place = placeOfName.updateValue(experiment.place, forKey: name), let earlier {
            let problem = clash(of: name, in: (file, experiment.place), and: (earlier, place))
            if !diagnostics.contains(problem) { diagnostics.append(problem) }
          } else {
            specs.append(experiment.spec)
          }
        }
      } catch {
        diagnostics += error.diagnostics
      }
    }
    return (specs, sources, diagnostics, warnings)
  }

  /// The error about a name that experiments of two files have: at a file that takes it from
  /// another one, if one of them does.
  private static func clash(
    of name: String, in own: (file: String, place: Place), and other: (file: String, place: Place)
  ) -> Diagnostic {
    if own.file == other.file {
      return Diagnostic(place: Place(file: own.file), message: "the file is given twice")
    }
    for (taking, named) in [(own, other), (other, own)] where taking.place.file != taking.file {
      return Diagnostic(
        place: Place(file: taking.file), path: "name",
        message: "takes the name `\(name)` from \(taking.place); results would mix with those of"
          + " \(named.file); give it a name of its own")
    }
    return Diagnostic(
      place: own.place, path: "name",
      message: "\(other.place) names its experiment `\(name)` too; results would mix")
  }

  private static func memoryWarnings(
    _ spec: ExperimentSpec, _ available: AvailableMemory?, _ threads: Int, at place: Place
  ) -> [Diagnostic] {
    guard let check = MemoryCheck(spec, available: available, threads: threads), let problem = check.problem
    else { return [] }
    return [Diagnostic(place: place, path: check.setting, message: problem)]
  }

  /// A warning if the start weights do not exist: they may be on another machine.
  private static func missingWeights(_ experiment: LoadedExperiment) -> [Diagnostic] {
    let place = experiment.weightsPlace ?? experiment.place
    guard let path = experiment.spec.architecture.weights, !FileManager.default.fileExists(atPath: path)
    else { return [] }
    var message = "\(path) does not exist; `run` needs it"
    if !path.hasPrefix("/") {
      message += "; the path is \(URL(fileURLWithPath: path).path)"
      let folder = URL(fileURLWithPath: place.file).deletingLastPathComponent()
      if FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path) {
        message += "; it is next to the file: write `${\(experimentFolder)}/\(path)`"
      }
    }
    return [Diagnostic(place: place, path: "architecture.weights", message: message)]
  }

  /// The experiment files, with suites expanded.
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

/// Output of `validate --format json`.
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

  public func json() -> String { jsonText(self, pretty: true) }
}
