/// `evaluate`: its keys, how they become an ``EvaluateSpec`` and back.
struct EvaluateSection: Sendable {
  let every = Field(
    "every", .wholeNumber(1...1_000_000), default: EvaluateSpec().every,
    "Epochs between evaluations; the last epoch is always evaluated.")
  let metrics = Field(
    "metrics", .list(of: .choice(["top1", "top5"], "metric"), isUnique: true),
    default: EvaluateSpec().metrics,
    "Accuracies to report: top-1, top-5 or both.")
  let batchSizes = Field(
    "batch_sizes", .list(of: .wholeNumber(1...65_536), isUnique: true), required: true,
    "Batch sizes at which the latency of inference is measured.")
  let precision = PrecisionField(
    "How activations are stored in evaluations and measurements of latency, whatever `train.precision` is.")

  var keys: [Key] {
    [
      every.key, metrics.key,
      Key(
        name: "latency", summary: "Measure the latency of inference: `none`, or at which batch sizes.",
        defaultValue: .string("none"), shape: .wordOrMapping("none", Key.Mapping(keys: [batchSizes.key]))),
      precision.key,
    ]
  }

  /// - Parameter classes: outputs of the network, nil when unknown.
  func read(_ mapping: MappingReader, classes: Int?) -> EvaluateSpec? {
    let every = mapping[every]
    let metrics = mapping[metrics]
    if let metrics, let classes, metrics.contains("top5"), classes < 5 {
      mapping.report(
        self.metrics.name, "`top5` needs at least 5 classes, found \(classes); write `metrics: [top1]`")
    }
    let latency = mapping.mappingOrNone("latency", [self.batchSizes.key])
    let batchSizes = latency.flatMap { $0.map { $0[self.batchSizes] } ?? [] }
    let precision = precision.read(mapping)
    guard let every, let metrics, let batchSizes, let precision else { return nil }
    return EvaluateSpec(every: every, metrics: metrics, latencyBatchSizes: batchSizes, precision: precision)
  }

  func write(_ spec: EvaluateSpec) -> JSON {
    let sizes = spec.latencyBatchSizes
    return .object(
      [
        every.entry(spec.every), metrics.entry(spec.metrics),
        ("latency", sizes.isEmpty ? .string("none") : .object([batchSizes.entry(sizes)])),
      ] + precision.entries(spec.precision))
  }
}
