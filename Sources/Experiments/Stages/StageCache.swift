import Foundation
import TensorFiles

/// Cache of trainings by key, in a results folder: `.cache/<key>/` holds the checkpoints of a
/// training, finished or not.
///
/// Experiments that need the same training share its folder, and therefore also unfinished
/// trainings. The checkpoint of the last epoch is the result.
struct StageCache: Sendable {
  let folder: String
  /// Of the locks of trainings.
  var rules = LockRules()

  init(results: String) { folder = "\(results)/.cache" }

  func folder(_ key: StageKey) -> String { "\(folder)/\(key.digest)" }

  func checkpoints(_ key: StageKey) -> CheckpointStore { CheckpointStore(folder: folder(key)) }

  /// Locks the training of a key against all other runs, in this process or another.
  ///
  /// - Throws: `RunError.inUse` if another run holds the lock, `.storage` if the folder cannot be
  ///   used.
  func lock(
    _ key: StageKey, _ interruption: Interruption, announce: @escaping (String) -> Void = { _ in }
  ) throws(RunError) -> FolderLock {
    try FolderLock(folder(key), rules: rules, interruption: interruption, announce: announce)
  }

  /// Whether the last epoch of the training is in the cache.
  func isDone(_ stage: TrainingStage) -> Bool {
    (checkpoints(stage.key).newestEpoch ?? 0) >= stage.epochs
  }

  static let noteName = "stage.yaml"
  /// Prefix of the line with the total number of epochs, including fine-tuning, in the note.
  static let epochsNote = "# epochs: "

  /// Writes a description of a training next to its checkpoints.
  func describe(_ stage: TrainingStage) throws(RunError) {
    try describe(stage.key, as: stage.summary, epochs: stage.epochs)
  }

  /// - Parameter epochs: the total number of epochs.
  func describe(_ key: StageKey, as summary: String, epochs: Int) throws(RunError) {
    let path = "\(folder(key))/\(Self.noteName)"
    let text = "# \(summary)\n\(Self.epochsNote)\(epochs)\n" + key.text
    if DurableFile.text(path) == text { return }
    try stored {
      try DurableFile.makeFolder(folder(key))
      try DurableFile.write(Array(text.utf8), to: path)
    }
  }
}
