import Foundation
import Synchronization
import Testing

@testable import Reports

@Suite("Progress")
struct ProgressTests {
  static let step = StepProgress(
    epoch: 2, epochs: 6, step: 5, steps: 10, loss: 0.51234, accuracy: 81.26, channels: 582, macs: 25_870_000,
    imagesPerSecond: 512.4, secondsToGo: 187)
  static let pruning = PruningProgress(
    epoch: 1,
    removed: [.init(layer: "layer1.0.conv1", channels: 3), .init(layer: "layer3.2.conv2", channels: 2)],
    before: .init(channels: 672, parameters: 272_186, macs: 31_020_000),
    after: .init(channels: 667, parameters: 270_000, macs: 30_000_000))

  @Test("the bar fits the terminal, and loses what matters least first")
  func bar() {
    let full =
      "epoch 2/6 ██████████░░░░░░░░░░ 512 images/s, loss 0.512, 81.3 %, 3 min to go, 582 channels, 25.87 M MACs"
    #expect(progressBar(Self.step, columns: 120) == full)
    #expect(progressBar(Self.step, columns: full.count) == full)
    #expect(
      progressBar(Self.step, columns: 79)
        == "epoch 2/6 50 % 512 images/s, loss 0.512, 81.3 %, 3 min to go, 582 channels")
    #expect(progressBar(Self.step, columns: 30) == "epoch 2/6 50 % 512 images/s")
    for columns in -1...120 { #expect(progressBar(Self.step, columns: columns).count <= max(columns, 0)) }
  }

  @Test("the bar survives nonsense", arguments: [(5, 0), (20, 10), (-3, 10)])
  func strangeSteps(_ number: Int, _ steps: Int) {
    var step = Self.step
    (step.step, step.steps, step.loss, step.imagesPerSecond) = (number, steps, .nan, .infinity)
    #expect(progressBar(step, columns: 120).count { "█░".contains($0) } == 20)
  }

  @Test("progress as JSON: sorted keys, no layer lost, null where a value is not finite")
  func json() {
    var epoch = Sample.runs[0].history[0]
    epoch.trainLoss = .nan
    #expect(
      ProgressStyle.json.line(.epochEnded(epoch, epochs: 3, seconds: 1.25, imagesPerSecond: 80))
        == #"{"channels":20,"epoch":1,"epochs":3,"event":"epoch_ended","images_per_s":80,"macs":10000,"#
        + #""parameters":1000,"seconds":1.25,"train_loss":null,"train_top1":40}"#)
    var pruning = Self.pruning
    pruning.removed.append(pruning.removed[0])
    #expect(
      ProgressStyle.json.line(.pruned(pruning))
        == #"{"channels":667,"epoch":1,"event":"pruned","macs":30000000,"parameters":270000,"#
        + #""removed":{"layer1.0.conv1":6,"layer3.2.conv2":2}}"#)
    #expect(ProgressStyle.json.line(.step(Self.step)) == nil)
  }

  @Test("warnings are shown whatever the mode, and nothing else where progress is not wanted")
  func warnings() {
    for style in [ProgressStyle.bar, .plain, .warnings] {
      #expect(style.line(.warning("a\nb")) == "espalier: warning: a\\nb")
    }
    #expect(ProgressStyle.json.line(.warning("a")) == #"{"event":"warning","message":"a"}"#)
    let named = ProgressEvent.warning("a", of: TrainingName(experiment: "e", variant: "pruned", seed: 3))
    #expect(ProgressStyle.plain.line(named) == "espalier: warning: a")
    #expect(ProgressStyle.bar.line(named, label: "e pruned 3") == "espalier: warning: [e pruned 3] a")
    #expect(ProgressStyle.warnings.line(named) == "espalier: warning: e, pruned, seed 3: a")
    #expect(
      ProgressStyle.json.line(named)
        == #"{"event":"warning","experiment":"e","message":"a","seed":3,"variant":"pruned"}"#)
    #expect(ProgressStyle.warnings.line(.message("a")) == nil)
    #expect(ProgressStyle.warnings.line(.pruned(Self.pruning)) == nil)
  }

  @Test("lines say which training of how many, and the time left for all")
  func suite() {
    let first = SuiteProgress(training: 1, trainings: 8, secondsToGo: nil)
    let second = SuiteProgress(training: 2, trainings: 8, secondsToGo: 720)
    func started(_ suite: SuiteProgress?, _ style: ProgressStyle = .plain) -> String? {
      style.line(
        .runStarted(
          TrainingName(experiment: "e", variant: "pruned", seed: 1), epochs: 1, finished: 0, suite: suite))
    }
    #expect(started(nil) == "e, pruned, seed 1: 1 epoch")
    #expect(started(first) == "e, pruned, seed 1: 1 epoch (training 1 of 8)")
    #expect(started(second) == "e, pruned, seed 1: 1 epoch (training 2 of 8, 12 min to go for all)")
    #expect(
      started(SuiteProgress(training: 1, trainings: 1, secondsToGo: 3))
        == "e, pruned, seed 1: 1 epoch (3.0 s to go)")
    #expect(
      started(second, .json)
        == #"{"epochs":1,"event":"run_started","experiment":"e","finished":0,"seconds_to_go":720,"seed":1,"#
        + #""training":2,"trainings":8,"variant":"pruned"}"#)
    let epoch = ProgressEvent.epochEnded(
      Sample.runs[0].history[0], epochs: 3, seconds: 1.25, imagesPerSecond: 80, suite: second)
    #expect(ProgressStyle.plain.line(epoch)?.hasSuffix("80 images/s; 12 min to go for all") ?? false)
    let ended = ProgressEvent.experimentEnded(experiment: "e", report: "results/e/report.json")
    #expect(ProgressStyle.plain.line(ended) == nil)
    #expect(
      ProgressStyle.json.line(ended)
        == #"{"event":"experiment_ended","experiment":"e","report":"results/e/report.json"}"#)
    #expect(
      ProgressStyle.json.line(.experimentEnded(experiment: "e", report: nil, problem: "p"))
        == #"{"event":"experiment_ended","experiment":"e","problem":"p"}"#)
  }

  @Test("trainings side by side have a line each and one for all, drawn over themselves")
  func bars() {
    let written = Mutex("")
    let bars = ProgressBars { text in written.withLock { $0 += text } }
    func take() -> String {
      written.withLock { text in
        defer { text = "" }
        return text
      }
    }
    var step = Self.step
    step.step = step.steps
    step.suite = SuiteProgress(training: 1, trainings: 3, secondsToGo: 60)
    bars.show(step, label: "a baseline 0", columns: 60)
    #expect(
      take()
        == "\r\u{1B}[Ja baseline 0: epoch 2/6 100 % 512 images/s, loss 0.512\ntraining 1 of 3, 60 s to go for all"
    )
    step.suite?.training = 2
    bars.show(step, label: "b pruned 0", columns: 60)
    #expect(take().split(separator: "\n").count == 3)
    bars.write("a line\n")
    #expect(take() == "\r\u{1B}[2A\u{1B}[Ja line\n")
    bars.remove("a baseline 0")
    bars.show(step, label: "b pruned 0", columns: 60)
    let lines = take()
    #expect(
      lines.hasPrefix("\r\u{1B}[Jb pruned 0: ") && lines.hasSuffix("\ntraining 2 of 3, 60 s to go for all"))
    bars.clear()
    #expect(take() == "\r\u{1B}[1A\u{1B}[J")
    bars.clear()
    #expect(take().isEmpty)
  }

  @Test("no more bars are drawn than the terminal has rows for, and always the line for all")
  func manyBars() {
    let written = Mutex("")
    let bars = ProgressBars { text in written.withLock { $0 += text } }
    var step = Self.step
    step.step = step.steps
    for suite in [nil, SuiteProgress(training: 1, trainings: 30, secondsToGo: 60)] {
      step.suite = suite
      for index in 0..<30 { bars.show(step, label: "training \(index)", columns: 60, rows: 24) }
      let text = written.withLock { $0 }
      #expect(text.contains("\u{1B}[22A") && !text.contains("\u{1B}[23A"))
      let lines = text.split(separator: "\u{1B}[J").last?.split(separator: "\n") ?? []
      #expect(lines.count == 23)
      #expect(lines.last?.hasPrefix(suite == nil ? "training 22: " : "training 1 of 30, ") == true)
    }
  }

  @Test("while something else is written, the bars of other threads wait")
  func pausing() {
    let written = Mutex("")
    let bars = ProgressBars { text in written.withLock { $0 += text } }
    let (isStarted, isDone) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    bars.pausing {
      Thread.detachNewThread {
        isStarted.signal()
        bars.show(Self.step, label: "a", columns: 60)
        isDone.signal()
      }
      isStarted.wait()
      Thread.sleep(forTimeInterval: 0.05)
      let text = written.withLock { $0 }
      #expect(text == "")
    }
    isDone.wait()
    let text = written.withLock { $0 }
    #expect(text.contains("a: epoch 2/6"))
  }

  @Test("progress lines")
  func progress() {
    #expect(
      ProgressStyle.plain.line(.pruned(Self.pruning))
        == "pruned 5 channels after epoch 1: layer1.0.conv1 3, layer3.2.conv2 2; channels 672 -> 667, "
        + "parameters 272.19 k -> 270.00 k, MACs 31.02 M -> 30.00 M")
    #expect(ProgressStyle.plain.line(.step(Self.step)) == nil)
    #expect(ProgressStyle.json.line(.message("a \"b\"")) == #"{"event":"message","message":"a \"b\""}"#)
    #expect(
      ProgressStyle.plain.line(
        .runStarted(
          TrainingName(experiment: "e", variant: "pruned", seed: 1), epochs: 10, finished: 4))
        == "e, pruned, seed 1: 10 epochs, 4 of them done before")
    #expect(
      ProgressStyle.plain.line(
        .epochEnded(Sample.runs[0].history[0], epochs: 3, seconds: 1.25, imagesPerSecond: 80))
        == "epoch 1/3: loss 1.5000, train 40.00 %, 20 channels, 10.00 k MACs, 1.2 s, 80 images/s")
  }
}
