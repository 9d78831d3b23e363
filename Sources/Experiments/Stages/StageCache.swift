import Foundation
import TensorFiles

/// Trainings by key, under a results folder: `.cache/<key>/` holds the checkpoints of one, finished
/// or not.
///
/// Experiments that need the same training share its folder, and so its unfinished part as well.
/// The last epoch's checkpoint is the result.
struct StageCache: Sendable {
  let folder: String

  init(results: String) { folder = "\(results)/.cache" }

  func folder(_ key: StageKey) -> String { "\(folder)/\(key.digest)" }

  func checkpoints(_ key: StageKey) -> CheckpointStore { CheckpointStore(folder: folder(key)) }

  /// Keeps every other run, of this process or another, from the key's training.
  ///
  /// - Throws: `RunError.inUse` when another has it, `.storage` where the folder cannot be used.
  func lock(
    _ key: StageKey, _ interruption: Interruption, announce: @escaping (String) -> Void = { _ in }
  ) throws(RunError) -> FolderLock {
    try FolderLock(folder(key), interruption: interruption, announce: announce)
  }

  static let noteName = "stage.yaml"
  /// Begins the note's line with the epochs of the whole training, fine-tuning included.
  static let epochsNote = "# epochs: "

  /// Writes beside a training's checkpoints what it is.
  func describe(_ stage: TrainingStage) throws(RunError) {
    try describe(stage.key, as: stage.summary, epochs: stage.epochs)
  }

  /// - Parameter epochs: how many there are when it is done.
  func describe(_ key: StageKey, as summary: String, epochs: Int) throws(RunError) {
    let path = "\(folder(key))/\(Self.noteName)"
    let text = "# \(summary)\n\(Self.epochsNote)\(epochs)\n" + key.text
    if DurableFile.text(path) == text { return }
    do {
      try DurableFile.makeFolder(folder(key))
      try DurableFile.write(Array(text.utf8), to: path)
    } catch {
      throw .storage("\(error)")
    }
  }
}
