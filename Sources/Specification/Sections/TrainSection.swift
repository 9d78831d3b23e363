/// `train`: its keys, how they become a ``TrainSpec`` and back.
struct TrainSection: Sendable {
  let epochs = Field(
    "epochs", .wholeNumber(1...1_000_000), required: true, "Passes over the training images.")
  let batchSize = Field("batch_size", .wholeNumber(2...65_536), default: 128, "Images per step.")
  let optimizer = OptimizerSection()
  let schedule = ScheduleSection()
  let labelSmoothing = Field(
    "label_smoothing", .number(.belowOne), default: 0,
    "Share of the target probability that is distributed over all classes.")
  let shards = Field(
    "shards", .wholeNumber(1...1024), default: 1,
    "Shards that every batch is split into; the number of mpirun's processes must divide it.")
  let precision = PrecisionField(
    "How activations and their gradients are stored: `bfloat16` takes half the memory of `float32`; scores for"
      + " pruning are computed in `float32` with either.")

  var keys: [Key] {
    [
      epochs.key, batchSize.key, .mapping("optimizer", optimizer.keys, "How a step updates the weights."),
      Key(
        name: "schedule", summary: "How the learning rate changes over the epochs.",
        shape: .variants(schedule.variants)),
      labelSmoothing.key, shards.key, precision.key,
    ]
  }

  /// - Returns: the specification, and separately the epochs, for checks that depend only on them.
  func read(_ mapping: MappingReader) -> (TrainSpec?, epochs: Int?) {
    let epochs = mapping[epochs]
    let batchSize = mapping[batchSize]
    let optimizer = mapping.mapping("optimizer", self.optimizer.keys).flatMap(self.optimizer.read)
    let schedule = mapping.mapping("schedule", self.schedule.keys).flatMap {
      self.schedule.read($0, epochs: epochs, learningRate: optimizer?.learningRate)
    }
    let labelSmoothing = mapping[labelSmoothing]
    let shards = mapping[shards]
    let precision = precision.read(mapping)
    if let shards, let batchSize, shards > 1, batchSize < 2 * shards {
      mapping.report(
        self.shards.name, "a batch of \(batchSize) images has fewer than two for each of \(shards) shards")
    }
    guard let epochs, let batchSize, let optimizer, let schedule, let labelSmoothing, let shards,
      let precision
    else { return (nil, epochs) }
    let spec = TrainSpec(
      epochs: epochs, batchSize: batchSize, optimizer: optimizer, schedule: schedule,
      labelSmoothing: labelSmoothing, shards: shards, precision: precision)
    return (spec, epochs)
  }

  func write(_ spec: TrainSpec) -> JSON {
    .object(
      [
        epochs.entry(spec.epochs), batchSize.entry(spec.batchSize),
        ("optimizer", optimizer.write(spec.optimizer)),
        ("schedule", schedule.write(spec.schedule)), labelSmoothing.entry(spec.labelSmoothing),
      ]
        // Omitted without shards, so that cache keys are the same as before there were shards.
        + (spec.shards > 1 ? [shards.entry(spec.shards)] : []) + precision.entries(spec.precision))
  }
}

/// `train.optimizer`.
struct OptimizerSection: Sendable {
  let name = Field(
    "name", .choice(["sgd"], "optimizer"), default: OptimizerSpec().name, "Stochastic gradient descent.")
  let learningRate = Field(
    "learning_rate", .singlePrecision(.positive), default: OptimizerSpec().learningRate,
    "Learning rate before the schedule.")
  let momentum = Field(
    "momentum", .singlePrecision(.belowOne), default: OptimizerSpec().momentum,
    "Momentum coefficient.")
  let nesterov = Field(
    "nesterov", .boolean, default: OptimizerSpec().nesterov, "Use Nesterov momentum.")
  let weightDecay = Field(
    "weight_decay", .singlePrecision(.nonNegative), default: OptimizerSpec().weightDecay,
    "Weight decay coefficient.")

  var keys: [Key] { [name.key, learningRate.key, momentum.key, nesterov.key, weightDecay.key] }

  func read(_ mapping: MappingReader) -> OptimizerSpec? {
    let name = mapping[name]
    let learningRate = mapping[learningRate]
    let momentum = mapping[momentum]
    let nesterov = mapping[nesterov]
    let weightDecay = mapping[weightDecay]
    if nesterov == true, momentum == 0 {
      mapping.report(self.nesterov.name, "Nesterov momentum needs a `momentum` above 0")
    }
    guard let name, let learningRate, let momentum, let nesterov, let weightDecay else { return nil }
    return OptimizerSpec(
      name: name, learningRate: learningRate, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay
    )
  }

  func write(_ spec: OptimizerSpec) -> JSON {
    .object([
      name.entry(spec.name), learningRate.entry(spec.learningRate), momentum.entry(spec.momentum),
      nesterov.entry(spec.nesterov), weightDecay.entry(spec.weightDecay),
    ])
  }
}
