import EventFiles
import Foundation
import TensorFiles

/// The scalars of a training for TensorBoard: a file in the experiment's results folder that grows
/// with every epoch.
///
/// The file is synchronized with the record of the training, so that a resumed training has each
/// epoch once.
struct TensorBoardLog {
  /// The folder of one run and variant.
  let folder: String
  /// The training; files of other trainings are removed from the folder.
  let key: StageKey
  /// `evaluate.metrics` of the experiment.
  private let metrics: [String]

  init(of stage: TrainingStage, in folders: ResultFolders) {
    folder = folders.events(seed: stage.seed, stage.variant)
    key = stage.key
    metrics = stage.spec.evaluate.metrics
  }

  private var name: String { "events.out.tfevents.\(key.short)" }

  /// Adds the epochs that are missing in the file, and removes those that are not in the record.
  ///
  /// - Parameter excluded: number of channels in layers that the experiment excludes from pruning
  func write(_ record: TrainingRecord, withoutChannels excluded: Int) throws(RunError) {
    do {
      try DurableFile.makeFolder(folder)
      Self.removeFiles(in: folder, except: name)
      try EventFile(path: "\(folder)/\(name)").write(
        events(record, withoutChannels: excluded, now: Date.now.timeIntervalSince1970))
    } catch {
      throw .storage("\(error)")
    }
  }

  /// Removes the events in a folder, and the folder if nothing else is in it.
  static func remove(from folder: String) {
    removeFiles(in: folder, except: nil)
    rmdir(folder)
  }

  private static func removeFiles(in folder: String, except kept: String?) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.contains("tfevents") && name != kept {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// One event per epoch: the last one at the time `now`, the others earlier by the seconds of the
  /// epochs.
  private func events(
    _ record: TrainingRecord, withoutChannels excluded: Int, now: Double
  ) -> [ScalarEvent] {
    var time = now
    return record.epochs.reversed().map { epoch in
      defer { time -= epoch.trainSeconds + epoch.evaluationSeconds + epoch.pruningSeconds }
      return ScalarEvent(step: epoch.epoch, wallTime: time, values: values(epoch, withoutChannels: excluded))
    }.reversed()
  }

  /// Accuracies in percent; values that were not measured or are not finite are omitted.
  private func values(
    _ epoch: TrainingRecord.EpochRecord, withoutChannels excluded: Int
  ) -> [ScalarEvent.Value] {
    let numbers: [(String, Double?)] = [
      ("loss/train", epoch.trainLoss), ("loss/test", epoch.testLoss), ("top1/train", epoch.trainTop1),
      ("top1/test", epoch.testTop1), ("top5/test", epoch.top5(in: metrics)),
      ("training/learning_rate", epoch.learningRate), ("training/images_per_s", epoch.imagesPerSecond),
      ("network/channels", Double(epoch.channels - excluded)),
      ("network/parameters", Double(epoch.parameters)),
      ("network/macs", Double(epoch.macs)),
    ]
    return numbers.compactMap { tag, number in
      guard let number, number.isFinite else { return nil }
      return ScalarEvent.Value(tag: tag, value: Float(number))
    }
  }
}
