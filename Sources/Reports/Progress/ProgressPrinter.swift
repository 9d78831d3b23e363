import Foundation

/// Modes of showing progress.
public enum ProgressMode: String, CaseIterable, Sendable {
  /// A bar for each training if standard error is a terminal, plain lines otherwise.
  case auto
  /// One line per epoch.
  case plain
  /// One JSON object per line.
  case json
  /// Only warnings.
  case none
}

/// Shows progress on standard error; standard output is for results. May be used from several
/// threads.
public final class ProgressPrinter: Sendable {
  private let style: ProgressStyle
  /// Prefix of lines, which identifies the training among those in parallel.
  private let label: String?
  private let bars: ProgressBars

  public convenience init(mode: ProgressMode) {
    let style: ProgressStyle =
      switch mode {
      case .auto: isatty(STDERR_FILENO) != 0 ? .bar : .plain
      case .plain: .plain
      case .json: .json
      case .none: .warnings
      }
    self.init(style: style, label: nil, bars: ProgressBars { writeToStandardError($0) })
  }

  init(style: ProgressStyle, label: String?, bars: ProgressBars) {
    (self.style, self.label, self.bars) = (style, label, bars)
  }

  /// A printer for one of several parallel trainings, with a separate bar.
  public func labelled(_ label: String) -> ProgressPrinter {
    ProgressPrinter(style: style, label: label, bars: bars)
  }

  public func show(_ event: ProgressEvent) {
    if case .step(let step) = event {
      guard style == .bar else { return }
      let terminal = TerminalSize(of: STDERR_FILENO)
      bars.show(step, label: label, columns: terminal.columns - 1, rows: terminal.rows)
    } else if let line = style.line(event, label: label) {
      bars.write(line + "\n")
    }
  }

  /// Removes the bars, so that something else can be written; the next step draws them again.
  public func clear() { bars.clear() }

  /// Removes the bars, and keeps other threads from drawing them again while `body` writes
  /// something else.
  ///
  /// - Parameter body: must not use this printer, nor one that shares its bars.
  public func pausing(_ body: () -> Void) { bars.pausing(body) }

  /// Removes the bar of this training.
  public func end() { bars.remove(label) }

  deinit { if label == nil { bars.clear() } }
}

private func writeToStandardError(_ text: String) {
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
