/// The numbers of a report that `diff` compares.
public enum DiffMetric: String, CaseIterable, Codable, Sendable {
  case top1, top5
  case testLoss = "test_loss"
  case parameters, macs, channels
  /// Channels, parameters and MACs of every layer.
  case layers
  case epochs
  /// The number of steps, their epochs, and the remaining channels after each.
  case pruningSteps = "pruning_steps"
  case accuracyDrop = "accuracy_drop"
  case compression
  case parameterReduction = "parameter_reduction"
  case flopsReduction = "flops_reduction"
  case trainSeconds = "train_seconds"
  /// Milliseconds of inference on a batch.
  case latency

  /// The kind of values, which decides how they are compared.
  enum Kind: Equatable {
    /// Percent; differences are percentage points.
    case accuracy
    case loss
    /// Compression, or a share.
    case ratio
    /// Integers, which change only with the program or the experiment.
    case count
    case time
  }

  var kind: Kind {
    switch self {
    case .top1, .top5, .accuracyDrop: .accuracy
    case .testLoss: .loss
    case .compression, .parameterReduction, .flopsReduction: .ratio
    case .parameters, .macs, .channels, .layers, .epochs, .pruningSteps: .count
    case .trainSeconds, .latency: .time
    }
  }

  var higherIsBetter: Bool {
    switch self {
    case .top1, .top5, .compression, .parameterReduction, .flopsReduction: true
    default: false
    }
  }

  /// Whether a lower count is better; a number of epochs or pruning steps is neither better nor
  /// worse.
  var fewerIsBetter: Bool { [.parameters, .macs, .channels, .layers].contains(self) }

  /// The default tolerance, which the command line can override.
  var defaultTolerance: Tolerance {
    switch kind {
    case .accuracy: .absolute(1)
    case .loss: .relative(0.1)
    case .ratio: .relative(0.05)
    case .count: .absolute(0)
    case .time: .relative(0.2)
    }
  }

  /// Tolerance of sizes if the reports have no seed in common: the removed channels depend on the
  /// seed.
  static let otherSeedsTolerance = Tolerance.relative(0.05)

  /// With at least three seeds compared, an accuracy has dropped if the 95 % confidence interval of
  /// the difference is below 0. A drop below `smallest` points is ignored, and a drop above
  /// `largest` points always counts, even if the interval is wide because of few seeds.
  static let accuracyFall = (smallest: 0.1, largest: 2.0)

  /// Seconds by which a training may always take longer: relative differences of short times are
  /// noise.
  static let timeNoise = 0.5
}
