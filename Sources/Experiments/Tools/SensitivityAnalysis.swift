import Compute
import Datasets
import Foundation
import Network
import Pruning
import Reports
import Specification
import Synchronization
import TensorFiles
import Training

/// Prunes one layer at a time of a trained model, and evaluates without training, in single
/// precision.
///
/// Every finished layer is saved, so that an interrupted analysis can be resumed.
public struct SensitivityAnalysis: Sendable {
  private let spec: ExperimentSpec
  private let ratios: [Double]
  private let weights: String
  /// The model that a run of the experiment writes.
  private let baseline: String
  private let folder: String
  private let engine: Engine
  private let interruption: Interruption
  private let progress: ProgressPrinter

  /// - Parameters:
  ///   - weights: the trained model; nil for the start weights, if their classifier is kept, or
  ///     else the baseline of the experiment's first seed in the results.
  ///   - ratios: shares of a layer's channels to remove, each in (0, 1), ascending.
  ///   - results: the results folder; the analysis has a folder in that of the experiment.
  ///   - engine: one layer per thread is measured at the same time.
  public init(
    _ spec: ExperimentSpec, weights: String?, ratios: [Double], results: String, engine: Engine,
    progress: ProgressPrinter, interruption: Interruption
  ) {
    self.spec = spec
    self.ratios = ratios
    let folders = ResultFolders(results: results, experiment: spec.name)
    baseline = folders.variant(seed: spec.seeds.first ?? 0, .baseline) + "/model.safetensors"
    self.weights = weights ?? spec.trainedStart ?? baseline
    folder = folders.root + "/sensitivity"
    self.engine = engine
    self.interruption = interruption
    self.progress = progress
  }

  /// Measures the remaining layers, and writes `sensitivity.json`, `.csv` and `.svg`.
  public func run() throws(RunError) -> SensitivityReport {
    // Before the folder is made: either may be missing.
    let model: TensorFile
    do { model = try spec.modelFile(weights) } catch {
      let isUntrained = weights == baseline && !FileManager.default.fileExists(atPath: weights)
      throw .model(isUntrained ? .other("\(error); \(adviceOnBaseline), or give `--weights MODEL`") : error)
    }
    let data = try spec.loadData(threads: engine.threads)
    // Of this model, whatever its file contains once the lock is free.
    let key = try key(data, engine.kernels)
    let lock = try FolderLock(folder + "/.state", interruption: interruption) { [progress] in
      progress.show(.message($0))
    }
    defer { withExtendedLifetime(lock) {} }
    DurableFile.removeLeftovers(in: folder)
    let network = try network(model, engine)
    let found = try begin(network, data, key: key)
    let waiting = network.channelGroups.filter { found[$0.name] == nil }
    // A complete analysis does not need scores, which take a pass over the training set.
    let scores = waiting.isEmpty ? [:] : try score(network, data)
    let state = Mutex(State(report: found, waiting: waiting))
    let order = network.channelGroups.map(\.name)
    let engines = engine.divided(into: engine.threads)
    // Each layer's thread decodes its own pictures.
    let test = data.test.decoding(threads: 1)
    concurrently(engines.count) { index in
      while !interruption.isRequested, let group = state.withLock({ $0.next() }) {
        do throws(RunError) {
          let layer = try measure(group, scores, try self.network(model, engines[index]), test)
          try state.withLock { state throws(RunError) in
            state.report.insert(layer, order: order)
            try save(state.report)
          }
          let accuracies = layer.points.map { String(format: "%.2f", $0.top1) }
          progress.show(.message("\(group.name): \(accuracies.joined(separator: " "))"))
        } catch {
          state.withLock { $0.failure = $0.failure ?? error }
        }
      }
    }
    for warning in data.warnings + data.takeWarnings() { progress.show(.warning(warning)) }
    return try finish(state.withLock { $0 })
  }

  /// How to get the baseline that does not exist.
  private var adviceOnBaseline: String {
    spec.export.formats.contains("safetensors")
      ? "`espalier run FILE` trains it"
      : "`export.formats` lacks safetensors: add it, and `espalier run FILE` writes the file, without repeating"
        + " finished trainings"
  }

  private struct State {
    var report: SensitivityReport
    var waiting: [ChannelGroup]
    var failure: RunError?

    /// The next layer to measure; nil if none is left, or if one has failed.
    mutating func next() -> ChannelGroup? {
      failure == nil && !waiting.isEmpty ? waiting.removeFirst() : nil
    }
  }

  // MARK: Beginning

  private func network(_ model: TensorFile, _ engine: Engine) throws(RunError) -> Network {
    let network: Network
    var bare = spec
    bare.architecture.weights = nil
    do { network = try bare.network(engine: engine) } catch { throw .storage("\(error)") }
    do { try spec.architecture.load(model, from: weights, into: network) } catch { throw .model(error) }
    return network
  }

  /// A hash of everything that can affect the numbers.
  private func key(_ data: Dataset, _ kernels: KernelClass) throws(RunError) -> String {
    var part = spec
    part.architecture.weights = weights
    let model = try part.startDigest() ?? ""
    part.description = ""
    part.expectations = []
    part.export = ExportSpec(formats: [])
    part.evaluate = EvaluateSpec()
    part.train.precision = .float32
    (part.dataset.path, part.dataset.unexpandedPath) = (nil, nil)
    part.architecture.forgetPaths()
    return StageKey(
      stage: "sensitivity",
      """
      \(StageKey.versionLines(spec.architecture))kernels: \(kernels.fingerprint(in: .float32))
      \(StageKey.decoderLine(spec.dataset, PictureDecoders.fingerprint))data: \(data.digest)
      weights: \(model)
      ratios: \(ratios)
      \(yaml(part))
      """
    ).digest
  }

  private func score(_ network: Network, _ data: Dataset) throws(RunError) -> [String: [Double]] {
    let scoring = Scoring(
      spec: spec, data: data.train, seed: spec.seeds.first ?? 0, interruption: interruption)
    let scores = try scoring.scores(of: network, epoch: 0)
    if interruption.isRequested { throw .training(.interrupted) }
    return scores
  }

  /// The results of an earlier analysis with the same key, or only the accuracy of the complete
  /// network.
  private func begin(_ network: Network, _ data: Dataset, key: String) throws(RunError) -> SensitivityReport {
    if let text = DurableFile.text(file("json")),
      let report = try? SensitivityReport(json: text), report.key == key, report == report.checksummed
    {
      return report
    }
    let evaluation = try spec.evaluation(
      of: network, on: data.test, precision: .float32, interruption: interruption)
    guard evaluation.loss != nil else {
      throw .storage("\(weights): the loss of the test images is not finite; expected a trained model")
    }
    return SensitivityReport(
      experiment: spec.name, criterion: spec.prune?.criterion ?? FeatureRelevance.description.name, key: key,
      top1: evaluation.top1)
  }

  // MARK: Measuring

  /// Measures a layer at each ratio, with its lowest-scored channels removed.
  private func measure(
    _ group: ChannelGroup, _ scores: [String: [Double]], _ network: Network, _ images: ImageSet
  ) throws(RunError) -> SensitivityReport.Layer {
    let order = ranking([group], scores: scores).map(\.channel)
    var layer = SensitivityReport.Layer(name: group.name, channels: group.kept.count, points: [])
    for ratio in ratios {
      if interruption.isRequested { throw .training(.interrupted) }
      let count = min(Int((ratio * Double(order.count)).rounded()), order.count - 1)
      network.remove(channels: [group.name: Set(order.prefix(count))])
      let cost = network.cost()
      let evaluation = try spec.evaluation(
        of: network, on: images, precision: .float32, interruption: interruption)
      layer.points.append(
        .init(
          ratio: ratio, removed: count, top1: evaluation.top1, parameters: cost.parameters,
          macs: cost.macs))
    }
    return layer
  }

  // MARK: Ending

  private func finish(_ state: State) throws(RunError) -> SensitivityReport {
    if let failure = state.failure { throw failure }
    if interruption.isRequested { throw .training(.interrupted) }
    try save(state.report)
    try write(state.report.csv(), "csv")
    if let plot = state.report.plotFile() { try write(plot.svg, "svg") }
    return state.report.checksummed
  }

  private func save(_ report: SensitivityReport) throws(RunError) {
    try write(report.checksummed.json(), "json")
  }

  private func write(_ text: String, _ suffix: String) throws(RunError) {
    try stored { try DurableFile.write(Array(text.utf8), to: file(suffix)) }
  }

  private func file(_ suffix: String) -> String { "\(folder)/sensitivity.\(suffix)" }
}

extension SensitivityReport {
  /// With the checksum of the rest.
  var checksummed: SensitivityReport {
    var report = self
    report.checksum = nil
    report.checksum = sha256(Array(report.json().utf8))
    return report
  }

  fileprivate subscript(_ name: String) -> Layer? { layers.first { $0.name == name } }

  /// Inserts a layer in the order of the network, whatever the order of measurement.
  fileprivate mutating func insert(_ layer: Layer, order: [String]) {
    layers.append(layer)
    let place = Dictionary(uniqueKeysWithValues: zip(order, 0...))
    layers.sort { (place[$0.name] ?? 0) < (place[$1.name] ?? 0) }
  }
}
