/// Compares two reports of an experiment, number by number.
///
/// All values come from `runs`, not from `summary`, which is less complete in older formats.
struct ReportComparison {
  let base: Report
  let candidate: Report
  let tolerances: Tolerances

  var variants: [String] { Self.variants(base).filter(Self.variants(candidate).contains) }

  var metrics: [MetricComparison] {
    variants.flatMap(numbers)
      + [
        both(.accuracyDrop) { $0.top1 - $1.top1 },
        both(.compression) { ratio($0.parameters, $1.parameters) },
        both(.parameterReduction) { ratio($1.parameters, $0.parameters).map { 1 - $0 } },
        both(.flopsReduction) { ratio($1.macs, $0.macs).map { 1 - $0 } },
      ].compactMap(\.self)
  }

  /// Seconds of training, and milliseconds of inference for each batch size.
  var times: [MetricComparison] {
    variants.flatMap { variant -> [MetricComparison?] in
      let before = Self.bySeed(base.timing.runs, variant)
      let after = Self.bySeed(candidate.timing.runs, variant)
      let sizes = Set((base.timing.runs + candidate.timing.runs).flatMap(\.latency).map(\.batchSize))
      return [
        compare(.trainSeconds, variant, before, after) { run in
          run.epochs.isEmpty ? nil : run.epochs.reduce(0) { $0 + $1.trainingSeconds }
        }
      ]
        + sizes.sorted().map { size in
          var latency = compare(.latency, variant, before, after) { $0.milliseconds(batchSize: size) }
          latency?.setting = "batches of \(size)"
          return latency
        } + deploymentTimes(variant)
    }.compactMap(\.self)
  }

  /// Milliseconds of exported models, unless they were measured in different places.
  private func deploymentTimes(_ variant: String) -> [MetricComparison?] {
    guard deploymentNote == nil else { return [] }
    let measured = [base, candidate].compactMap(\.deployment)
    let before = Self.bySeed(base.deployment?.models ?? [], variant)
    let after = Self.bySeed(candidate.deployment?.models ?? [], variant)
    return Set(measured.flatMap(\.settings)).sorted().map { setting in
      var latency = compare(.latency, variant, before, after) { $0.milliseconds(setting) }
      latency?.setting = measured.first.map { "\($0.runtime), \(setting.text)" }
      return latency
    }
  }

  /// Why the milliseconds of exported models are not compared; nil if they are, or if a report has
  /// none.
  var deploymentNote: String? {
    guard let before = base.deployment?.environment, let after = candidate.deployment?.environment,
      before != after
    else { return nil }
    return "deployment: \(before) -> \(after), so latencies are not compared"
  }

  /// Seeds in only one of the reports, and other differences that explain those of numbers.
  var notes: [String] {
    var notes: [String] = []
    for variant in variants {
      let (old, new) = (Self.bySeed(base.runs, variant), Self.bySeed(candidate.runs, variant))
      let (before, after) = (Set(old.keys), Set(new.keys))
      for seed in after.subtracting(before).sorted() { notes.append("added: \(variant) with seed \(seed)") }
      for seed in before.subtracting(after).sorted() { notes.append("missing: \(variant) with seed \(seed)") }
      let leftOut = [old, new].map { Array($0.values).leftOutText ?? "none" }
      if leftOut[0] != leftOut[1] {
        notes.append("\(variant), left out as damaged: \(leftOut[0]) -> \(leftOut[1])")
      }
    }
    for variant in Self.variants(candidate) where !Self.variants(base).contains(variant) {
      notes.append("added: \(variant)")
    }
    return notes + environmentNotes
  }

  /// What the bytes of results depend on besides the experiment, where it differs; older reports
  /// lack some of it.
  private var environmentNotes: [String] {
    let (before, after) = (base.environment, candidate.environment)
    let parts: [(name: String, before: String?, after: String?, effect: String)] = [
      ("kernels", before.kernels, after.kernels, "which round differently"),
      ("OpenBLAS", before.blasRelease, after.blasRelease, "which may round differently"),
      (
        "picture decoders", before.pictureDecoders, after.pictureDecoders,
        "which may decode to other pixels"
      ),
    ]
    return parts.compactMap { part in
      guard let before = part.before, let after = part.after, before != after else { return nil }
      return "\(part.name): \(before) -> \(after), \(part.effect)"
    }
  }

  /// Regressions that are not numbers.
  var problems: [String] {
    var problems = Self.variants(base).filter { !Self.variants(candidate).contains($0) }.map {
      "missing: \($0)"
    }
    if base.status == .complete, candidate.status != .complete {
      problems.append("status: complete -> \(candidate.status.rawValue)")
    }
    return problems
  }

  // MARK: One variant

  private func numbers(_ variant: String) -> [MetricComparison] {
    let (before, after) = (Self.bySeed(base.runs, variant), Self.bySeed(candidate.runs, variant))
    func compare(_ metric: DiffMetric, _ value: (RunReport) -> Double?) -> MetricComparison? {
      self.compare(metric, variant, before, after, value)
    }
    return [
      compare(.top1, \.top1), compare(.top5, \.top5), compare(.testLoss, \.testLoss),
      compare(.parameters) { Double($0.parameters) }, compare(.macs) { Double($0.macs) },
      compare(.channels) { Double($0.channels) }, layers(variant, before, after),
      compare(.epochs) { Double($0.history.count) }, steps(variant, before, after),
    ].compactMap(\.self)
  }

  private func compare<Run>(
    _ metric: DiffMetric, _ variant: String?, _ before: [UInt64: Run], _ after: [UInt64: Run],
    _ value: (Run) -> Double?
  ) -> MetricComparison? {
    let (old, new) = (before.compactMapValues(value), after.compactMapValues(value))
    var result = MetricComparison(
      metric, variant: variant, base: old, candidate: new, tolerance: tolerances[metric])
    for seed in old.keys.sorted() where after[seed] != nil && new[seed] == nil {
      result?.details.append("seed \(seed): the candidate does not have this number")
      result?.verdict = tolerances[metric] == .any ? .tolerated : .regressed
    }
    return result
  }

  /// Compares layer by layer, for seeds in both reports.
  private func layers(
    _ variant: String, _ before: [UInt64: RunReport], _ after: [UInt64: RunReport]
  ) -> MetricComparison? {
    var result = compare(.layers, variant, before, after) { Double($0.layers.count) }
    for (seed, old, new) in Self.common(before, after) {
      for layer in old.layers {
        let name = "seed \(seed), \(layer.name)"
        guard let other = new.layers.first(where: { $0.name == layer.name }) else {
          result?.details.append("\(name): missing")
          result?.verdict = tolerances[.layers] == .any ? .tolerated : .regressed
          continue
        }
        for (what, size) in [
          ("channels before", \.channelsBefore), ("channels", \.channels),
          ("parameters before", \.parametersBefore), ("parameters", \.parameters),
          ("MACs before", \.macsBefore), ("MACs", \.macs),
        ] as [(String, KeyPath<LayerReport, Int>)] {
          result?.note(
            "\(name), \(what)", Double(layer[keyPath: size]), Double(other[keyPath: size]),
            tolerances[.layers], fewerIsBetter: true)
        }
      }
    }
    return result
  }

  /// Compares step by step, for seeds in both reports.
  private func steps(
    _ variant: String, _ before: [UInt64: RunReport], _ after: [UInt64: RunReport]
  ) -> MetricComparison? {
    var result = compare(.pruningSteps, variant, before, after) { Double($0.pruningSteps.count) }
    for (seed, old, new) in Self.common(before, after) {
      for (index, (step, other)) in zip(old.pruningSteps, new.pruningSteps).enumerated() {
        let name = "seed \(seed), step \(index + 1)"
        let tolerance = tolerances[.pruningSteps]
        result?.note(
          "\(name), epoch", Double(step.epoch), Double(other.epoch), tolerance, fewerIsBetter: false)
        result?.note(
          "\(name), channels", Double(step.channels), Double(other.channels), tolerance, fewerIsBetter: true)
      }
    }
    return result
  }

  // MARK: Both variants

  private func both(
    _ metric: DiffMetric, _ value: (_ baseline: RunReport, _ pruned: RunReport) -> Double?
  ) -> MetricComparison? {
    func values(_ report: Report) -> [UInt64: Double] {
      let baselines = Self.bySeed(report.runs, "baseline")
      return Self.bySeed(report.runs, "pruned").compactMapValues { run in
        baselines[run.seed].flatMap { value($0, run) }
      }
    }
    return MetricComparison(
      metric, variant: nil, base: values(base), candidate: values(candidate), tolerance: tolerances[metric])
  }

  private func ratio(_ first: Int, _ second: Int) -> Double? {
    second > 0 ? Double(first) / Double(second) : nil
  }

  private static func bySeed<Part: PartOfRun>(_ parts: [Part], _ variant: String) -> [UInt64: Part] {
    Dictionary(parts.filter { $0.variant == variant }.map { ($0.seed, $0) }) { first, _ in first }
  }

  private static func common(
    _ before: [UInt64: RunReport], _ after: [UInt64: RunReport]
  ) -> [(UInt64, RunReport, RunReport)] {
    before.keys.sorted().compactMap { seed in
      before[seed].flatMap { old in after[seed].map { (seed, old, $0) } }
    }
  }

  private static func variants(_ report: Report) -> [String] {
    report.runs.map(\.variant).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// What a report has of a seed and variant.
private protocol PartOfRun {
  var seed: UInt64 { get }
  var variant: String { get }
}

extension RunReport: PartOfRun {}
extension Timing.Run: PartOfRun {}
extension DeploymentReport.Model: PartOfRun {}
