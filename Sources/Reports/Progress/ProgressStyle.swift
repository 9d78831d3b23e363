import Foundation
import Specification

/// Formats events as text, wherever it is written.
enum ProgressStyle: Equatable {
  case bar, plain, json
  /// Nothing else.
  case warnings

  /// The line for an event; nil for none.
  func line(_ event: ProgressEvent, label: String? = nil) -> String? {
    switch self {
    case .json: return jsonLine(event, label)
    case .warnings:
      guard case .warning = event else { return nil }
    case .bar, .plain: break
    }
    // As commands without progress show them.
    let start = if case .warning = event { "espalier: warning: " } else { "" }
    return textLine(event).map { line in visible(start + (label.map { "[\($0)] " } ?? "") + line) }
  }

  private func textLine(_ event: ProgressEvent) -> String? {
    switch event {
    case .runStarted(let training, let epochs, let finished, let suite):
      let rest = finished > 0 ? ", \(finished) of them done before" : ""
      let among = suite.map(\.text).flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
      return "\(training): \(counted(epochs, "epoch"))\(rest)\(among)"
    case .step:
      return nil
    case .epochEnded(let epoch, let epochs, let seconds, let imagesPerSecond, let suite):
      let test = epoch.testTop1.map { String(format: ", test %.2f %%", $0) } ?? ""
      return "epoch \(epoch.epoch)/\(epochs): "
        + String(format: "loss %.4f, train %.2f %%", epoch.trainLoss, epoch.trainTop1) + test
        + ", \(epoch.channels) channels, \(magnitude(epoch.macs)) MACs, "
        + String(format: "%.1f s, %.0f images/s", seconds, imagesPerSecond)
        + (suite?.timeToGo.map { "; \($0)" } ?? "")
    case .pruned(let step):
      return text(step)
    case .message(let text):
      return text
    case .warning(let text, let training):
      // Other lines say which training it is, if they are shown.
      let name = self == .warnings ? training.map { "\($0): " } : nil
      return (name ?? "") + text
    case .experimentEnded:
      // The results themselves show this.
      return nil
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

  private func jsonLine(_ event: ProgressEvent, _ label: String?) -> String? {
    guard var object = ProgressObject(event) else { return nil }
    object.run = label
    return jsonText(object, pretty: false)
  }
}

/// One line of at most `columns` columns; in a narrow terminal, the bar is omitted first, then the
/// last parts.
func progressBar(_ step: StepProgress, columns: Int) -> String {
  let width = 20
  let done = step.steps > 0 ? min(max(width * step.step / step.steps, 0), width) : 0
  let bar = String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
  let share = step.steps > 0 ? 100 * step.step / step.steps : 0
  let numbers = [
    String(format: "%.0f images/s", step.imagesPerSecond), String(format: "loss %.3f", step.loss),
    String(format: "%.1f %%", step.accuracy), "\(duration(step.secondsToGo)) to go",
    "\(step.channels) channels", "\(magnitude(step.macs)) MACs",
  ]
  let epoch = "epoch \(step.epoch)/\(step.epochs) "
  let full = epoch + bar + " " + numbers.joined(separator: ", ")
  guard full.count > columns else { return full }
  for count in numbers.indices.reversed() {
    let line = epoch + "\(share) % " + numbers[...count].joined(separator: ", ")
    if line.count <= columns { return line }
  }
  return String(epoch.prefix(max(columns, 0)))
}
