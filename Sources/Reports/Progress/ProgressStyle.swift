import Foundation

/// How events become text; apart from where it is written.
enum ProgressStyle: Equatable {
  case bar, plain, json

  /// The line that an event gives; nil for none.
  func line(_ event: ProgressEvent) -> String? {
    self == .json ? jsonLine(event) : textLine(event)
  }

  private func textLine(_ event: ProgressEvent) -> String? {
    switch event {
    case .runStarted(let experiment, let variant, let seed, let epochs, let finished):
      let rest = finished > 0 ? ", \(finished) of them done before" : ""
      return "\(experiment), \(variant), seed \(seed): \(epochs) epochs\(rest)"
    case .step:
      return nil
    case .epochEnded(let epoch, let epochs, let seconds, let imagesPerSecond):
      let test = epoch.testTop1.map { String(format: ", test %.2f %%", $0) } ?? ""
      return "epoch \(epoch.epoch)/\(epochs): "
        + String(format: "loss %.4f, train %.2f %%", epoch.trainLoss, epoch.trainTop1) + test
        + ", \(epoch.channels) channels, \(magnitude(epoch.macs)) MACs, "
        + String(format: "%.1f s, %.0f images/s", seconds, imagesPerSecond)
    case .pruned(let step):
      return text(step)
    case .message(let text):
      return text
    }
  }

  private func text(_ step: PruningProgress) -> String {
    let layers = step.removed.map { "\($0.layer) \($0.channels)" }.joined(separator: ", ")
    let count = step.removed.map(\.channels).reduce(0, +)
    return "pruned \(count) channels after epoch \(step.epoch): \(layers.isEmpty ? "none" : layers); "
      + "channels \(step.before.channels) -> \(step.after.channels), "
      + "parameters \(magnitude(step.before.parameters)) -> \(magnitude(step.after.parameters)), "
      + "MACs \(magnitude(step.before.macs)) -> \(magnitude(step.after.macs))"
  }

  private func jsonLine(_ event: ProgressEvent) -> String? {
    let object: [String: Any]
    switch event {
    case .runStarted(let experiment, let variant, let seed, let epochs, let finished):
      object = [
        "event": "run_started", "experiment": experiment, "variant": variant, "seed": seed, "epochs": epochs,
        "finished": finished,
      ]
    case .step:
      return nil
    case .epochEnded(let epoch, let epochs, let seconds, let imagesPerSecond):
      var fields: [String: Any] = [
        "event": "epoch_ended", "epoch": epoch.epoch, "epochs": epochs, "train_loss": epoch.trainLoss,
        "train_top1": epoch.trainTop1, "channels": epoch.channels, "parameters": epoch.parameters,
        "macs": epoch.macs, "seconds": seconds, "images_per_s": imagesPerSecond,
      ]
      fields["test_top1"] = epoch.testTop1
      object = fields
    case .pruned(let step):
      object = [
        "event": "pruned", "epoch": step.epoch,
        "removed": Dictionary(uniqueKeysWithValues: step.removed.map { ($0.layer, $0.channels) }),
        "channels": step.after.channels, "parameters": step.after.parameters, "macs": step.after.macs,
      ]
    case .message(let text):
      object = ["event": "message", "message": text]
    }
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
    guard JSONSerialization.isValidJSONObject(object),
      let data = try? JSONSerialization.data(withJSONObject: object, options: options)
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }
}

/// One line of at most 100 columns or so.
func progressBar(_ step: StepProgress) -> String {
  let width = 20
  let done = step.steps > 0 ? width * step.step / step.steps : 0
  let bar = String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
  return "epoch \(step.epoch)/\(step.epochs) \(bar) "
    + String(format: "%.0f images/s, loss %.3f, %.1f %%, ", step.imagesPerSecond, step.loss, step.accuracy)
    + "\(step.channels) channels, \(magnitude(step.macs)) MACs, \(duration(step.secondsToGo)) to go"
}

/// `42 s`, `3:07`, `2:05:09`.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e7 else { return "?" }
  let whole = Int(seconds.rounded())
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  if hours > 0 { return String(format: "%d:%02d:%02d", hours, minutes, whole % 60) }
  return minutes > 0 ? String(format: "%d:%02d", minutes, whole % 60) : "\(whole) s"
}
