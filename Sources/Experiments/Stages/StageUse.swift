import Foundation
import Reports
import TensorFiles

/// The trainings that an experiment's last run uses: a list next to its results, so that it is
/// deleted with them.
struct StageUse: Codable, Equatable, Sendable {
  var seed: UInt64
  var variant: Variant
  /// Digest of the training's key.
  var key: String
  /// Digest of the key of the shared state that the training can start from; nil for a baseline.
  var beginning: String?

  init(_ stage: TrainingStage) {
    (seed, variant, key) = (stage.seed, stage.variant, stage.key.digest)
    if variant == .pruned {
      beginning = SharedBeginnings.key(stage.trunk, epoch: stage.commonEpochs).digest
    }
  }

  private static let name = "stages.json"

  static func write(_ experiment: PreparedExperiment, to folders: ResultFolders) throws(RunError) {
    let uses = experiment.stages.map(StageUse.init)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try stored {
      let text = try encoder.encode(uses)
      let path = "\(folders.state)/\(name)"
      if let found = try? Data(contentsOf: URL(fileURLWithPath: path)), found == text { return }
      try DurableFile.makeFolder(folders.state)
      try DurableFile.write(Array(text), to: path)
    }
  }

  /// The digests of the trainings used by every experiment with a folder in `results`, and a
  /// sentence for each experiment whose trainings are not known, since the list is there but cannot
  /// be read.
  static func all(
    in results: String
  ) throws(RunError) -> (found: [(experiment: String, uses: [StageUse])], problems: [String]) {
    var found: [(experiment: String, uses: [StageUse])] = []
    var problems: [String] = []
    for name in try names(in: results).sorted() where mayBeResults(name) {
      let path = "\(ResultFolders(results: results, experiment: name).state)/\(Self.name)"
      // A link may lead to a disk that is not there now.
      if isAbsent(path), !isAbsent("\(results)/\(name)") { continue }
      if let text = DurableFile.text(path),
        let uses = try? JSONDecoder().decode([StageUse].self, from: Data(text.utf8))
      {
        found.append((name, uses))
      } else {
        problems.append("\(path): cannot be read; it is not known which trainings the experiment uses")
      }
    }
    return (found, problems)
  }
}

/// The names in a folder; empty if it does not exist.
func names(in folder: String) throws(RunError) -> [String] {
  if isAbsent(folder) { return [] }
  do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
    throw .storage("\(folder): cannot be read as a folder")
  }
}
