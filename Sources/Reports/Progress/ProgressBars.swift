import Specification
import Synchronization

/// The progress bars in the last lines of a terminal: one for each current training, and one for
/// all trainings.
final class ProgressBars: Sendable {
  private struct State {
    /// By label, in starting order.
    var bars: [(label: String?, text: String)] = []
    /// Count of trainings, and the remaining time of all.
    var suite: SuiteProgress?
    var lastDrawn: ContinuousClock.Instant?
    /// Number of lines on the terminal.
    var shown = 0

    /// Limits drawing to ten times per second.
    mutating func isDue() -> Bool {
      let now = ContinuousClock.now
      if let lastDrawn, now - lastDrawn < .milliseconds(100) { return false }
      lastDrawn = now
      return true
    }
  }

  private let state = Mutex(State())
  private let output: @Sendable (String) -> Void

  /// - Parameter output: writes to the terminal.
  init(_ output: @escaping @Sendable (String) -> Void) { self.output = output }

  /// Updates the bar of a training; draws it at the last step of an epoch, and otherwise at limited
  /// intervals.
  ///
  /// - Parameters:
  ///   - columns: characters per line; a wider line would wrap, and could not be overwritten.
  ///   - rows: lines of the terminal; those above it could not be overwritten, so that bars beyond
  ///     them are not drawn.
  func show(_ step: StepProgress, label: String?, columns: Int, rows: Int = 24) {
    state.withLock { state in
      let name = label.map { shortened(visible($0), to: max(columns / 3, 12)) + ": " } ?? ""
      let text = name + progressBar(step, columns: columns - name.count)
      if let index = state.bars.firstIndex(where: { $0.label == label }) {
        state.bars[index].text = text
      } else {
        state.bars.append((label, text))
      }
      if let suite = step.suite {
        let training = max(suite.training, state.suite?.training ?? 0)
        state.suite = SuiteProgress(
          training: training, trainings: suite.trainings, secondsToGo: suite.secondsToGo)
      }
      guard state.isDue() || step.step == step.steps else { return }
      draw(&state, columns, rows)
    }
  }

  /// Writes a text above the bars, which are drawn again at the next step.
  func write(_ text: String) { pausing { output(text) } }

  /// Removes the bars, and runs `body`; other threads wait with their bars until it ends.
  func pausing(_ body: () -> Void) {
    state.withLock { state in
      clear(&state)
      body()
    }
  }

  func remove(_ label: String?) {
    state.withLock { state in
      clear(&state)
      state.bars.removeAll { $0.label == label }
    }
  }

  func clear() { pausing {} }

  private func draw(_ state: inout State, _ columns: Int, _ rows: Int) {
    var suite: [String] = []
    if let all = state.suite, all.trainings > 1 { suite.append(String(all.text.prefix(columns))) }
    let lines = Array(state.bars.map(\.text).prefix(max(rows - 1 - suite.count, 0))) + suite
    output(Self.back(over: state.shown) + lines.joined(separator: "\n"))
    state.shown = lines.count
  }

  private func clear(_ state: inout State) {
    if state.shown > 0 { output(Self.back(over: state.shown)) }
    state.shown = 0
  }

  /// Moves back to the beginning of the first of some lines, and clears everything after it.
  private static func back(over lines: Int) -> String {
    lines > 1 ? "\r\u{1B}[\(lines - 1)A\u{1B}[J" : "\r\u{1B}[J"
  }
}
