import Foundation
import Synchronization

/// How progress is shown.
public enum ProgressMode: String, CaseIterable, Sendable {
  /// A bar where standard error is a terminal, plain lines otherwise.
  case auto
  /// A line an epoch.
  case plain
  /// A JSON object a line.
  case json
  case none
}

/// What happens during a run, as whoever watches should see it.
public enum ProgressEvent: Equatable, Sendable {
  case runStarted(experiment: String, variant: String, seed: UInt64, epochs: Int, finished: Int)
  case step(StepProgress)
  case epochEnded(EpochReport, epochs: Int, seconds: Double, imagesPerSecond: Double)
  case pruned(PruningProgress)
  case message(String)
}

/// Where an epoch stands.
public struct StepProgress: Equatable, Sendable {
  public var epoch: Int
  public var epochs: Int
  public var step: Int
  public var steps: Int
  /// Mean of the epoch so far.
  public var loss: Double
  public var accuracy: Double
  public var channels: Int
  public var macs: Int
  public var imagesPerSecond: Double
  /// Until the run's end.
  public var secondsToGo: Double

  public init(
    epoch: Int, epochs: Int, step: Int, steps: Int, loss: Double, accuracy: Double, channels: Int, macs: Int,
    imagesPerSecond: Double, secondsToGo: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.steps = steps
    self.loss = loss
    self.accuracy = accuracy
    self.channels = channels
    self.macs = macs
    self.imagesPerSecond = imagesPerSecond
    self.secondsToGo = secondsToGo
  }
}

/// What a pruning step removed.
public struct PruningProgress: Equatable, Sendable {
  public var epoch: Int
  /// Layers that lost channels, in the order in which data meets them, and how many.
  public var removed: [Removal]
  public var before: Size
  public var after: Size

  public struct Removal: Equatable, Sendable {
    public var layer: String
    public var channels: Int

    public init(layer: String, channels: Int) {
      self.layer = layer
      self.channels = channels
    }
  }

  public struct Size: Equatable, Sendable {
    public var channels: Int
    public var parameters: Int
    public var macs: Int

    public init(channels: Int, parameters: Int, macs: Int) {
      self.channels = channels
      self.parameters = parameters
      self.macs = macs
    }
  }

  public init(epoch: Int, removed: [Removal], before: Size, after: Size) {
    self.epoch = epoch
    self.removed = removed
    self.before = before
    self.after = after
  }
}

/// Shows progress on standard error; standard output is left to results. May be used from several
/// threads.
public final class ProgressPrinter: Sendable {
  private let style: ProgressStyle?
  /// Tells runs side by side apart: lines begin with it.
  private let label: String?
  private let bar = Mutex(Bar())

  private struct Bar {
    var lastDrawn: ContinuousClock.Instant?
    var isShown = false

    /// At most ten times a second.
    mutating func isDue() -> Bool {
      let now = ContinuousClock.now
      if let lastDrawn, now - lastDrawn < .milliseconds(100) { return false }
      lastDrawn = now
      return true
    }
  }

  public init(mode: ProgressMode) {
    label = nil
    style =
      switch mode {
      case .auto: isatty(STDERR_FILENO) != 0 ? .bar : .plain
      case .plain: .plain
      case .json: .json
      case .none: nil
      }
  }

  private init(style: ProgressStyle?, label: String) {
    self.style = style == .bar ? .plain : style
    self.label = label
  }

  /// A printer for one of several runs side by side, which cannot have a bar.
  public func labelled(_ label: String) -> ProgressPrinter { ProgressPrinter(style: style, label: label) }

  public func show(_ event: ProgressEvent) {
    guard let style else { return }
    bar.withLock { bar in
      if case .step(let step) = event {
        guard style == .bar, step.step == step.steps || bar.isDue() else { return }
        // A bar that is wider than the terminal would wrap, and could not be drawn over.
        write("\r" + progressBar(step, columns: (terminalColumns(STDERR_FILENO) ?? 80) - 1) + "\u{1B}[K")
        bar.isShown = true
        return
      }
      clear(&bar)
      if let line = style.line(event, label: label) { write(line + "\n") }
    }
  }

  /// Takes the bar away, so that something else can be written; the next step draws it again.
  public func clear() { bar.withLock { clear(&$0) } }

  private func clear(_ bar: inout Bar) {
    if bar.isShown { write("\r\u{1B}[K") }
    bar.isShown = false
  }

  deinit { clear() }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
