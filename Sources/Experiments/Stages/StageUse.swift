import Foundation
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

  /// The digests of the trainings used by every experiment with a folder in `results`.
  static func all(in results: String) -> [(experiment: String, uses: [StageUse])] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: results)) ?? []
    return names.sorted().compactMap { name in
      let folders = ResultFolders(results: results, experiment: name)
      guard let text = DurableFile.text("\(folders.state)/\(Self.name)"),
        let uses = try? JSONDecoder().decode([StageUse].self, from: Data(text.utf8))
      else { return nil }
      return (name, uses)
    }
  }
}
