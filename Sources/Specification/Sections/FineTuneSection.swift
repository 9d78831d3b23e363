/// `prune.fine_tune`: training after one-shot pruning.
struct FineTuneSection: Sendable {
  let name = "fine_tune"
  let epochs = Field(
    "epochs", .wholeNumber(1...1_000_000), required: true,
    "Epochs after the pruning, in addition to `train.epochs`."
  )
  let learningRate = Field(
    "learning_rate", .singlePrecision(.positive), default: 0.001, "Learning rate of fine-tuning, constant.")

  private var keys: [Key] { [epochs.key, learningRate.key] }

  var key: Key { .mapping(name, keys, "Training after pruning in one shot; the other schedules ignore it.") }

  func read(_ parent: MappingReader) -> PruneSpec.FineTuneSpec? {
    guard let mapping = parent.requiredMapping(name, keys) else { return nil }
    let epochs = mapping[epochs]
    let learningRate = mapping[learningRate]
    guard let epochs, let learningRate else { return nil }
    return .init(epochs: epochs, learningRate: learningRate)
  }

  func entry(_ spec: PruneSpec.FineTuneSpec) -> (String, JSON) {
    (name, .object([epochs.entry(spec.epochs), learningRate.entry(spec.learningRate)]))
  }
}
