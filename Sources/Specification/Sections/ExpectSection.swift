/// `expect`: a mapping from metrics to their expectations.
struct ExpectSection: Sendable {
  /// The keys of one metric.
  struct Fields {
    let paper: Field<Double>
    let atMost: Field<Double>
    let atLeast: Field<Double>

    init(_ metric: ExpectationSpec.Metric) {
      let form = ValueForm.number(ExpectSection.bounds(metric))
      paper = Field("paper", form, "The published number; for the report only.")
      atMost = Field("at_most", form, "Reproduced when the measured number is not above this.")
      atLeast = Field("at_least", form, "Reproduced when the measured number is not below this.")
    }

    var keys: [Key] { [paper.key, atMost.key, atLeast.key] }
  }

  private static let accuracies: Set<ExpectationSpec.Metric> = [.top1, .top5, .baselineTop1]

  /// The values that a metric can take.
  private static func bounds(_ metric: ExpectationSpec.Metric) -> Bounds {
    switch metric {
    case .accuracyDrop: .from(-100, to: 100)
    case .compression: .positive
    case .flopsReduction, .parameterReduction, .channelReduction: .from(0, to: 1)
    case .top1, .top5, .baselineTop1: .from(0, to: 100)
    }
  }

  private static func summary(_ metric: ExpectationSpec.Metric) -> String {
    switch metric {
    case .accuracyDrop: "Accuracy of the baseline minus that of the pruned network, percentage points."
    case .compression: "Parameters before pruning / after."
    case .flopsReduction: "Share of the multiply-accumulates that is removed, from 0 to 1."
    case .parameterReduction: "Share of the parameters that is removed, from 0 to 1."
    case .channelReduction: "Share of the prunable channels that is removed, from 0 to 1."
    case .top1: "Accuracy in percent, of the pruned network or else of the baseline."
    case .top5: "Top-5 accuracy in percent, of the same network; needs `top5` in `evaluate.metrics`."
    case .baselineTop1: "Accuracy of the baseline in percent."
    }
  }

  var keys: [Key] {
    ExpectationSpec.Metric.allCases.map { metric in
      let fields = Fields(metric)
      return .mapping(
        metric.rawValue, fields.keys, exactlyOneOf: [[fields.atMost.name, fields.atLeast.name]],
        Self.summary(metric))
    }
  }

  /// - Parameter metrics: the evaluated metrics, nil if unknown.
  func read(_ mapping: MappingReader, hasPrune: Bool, metrics: [String]?) -> [ExpectationSpec] {
    ExpectationSpec.Metric.allCases.filter { mapping.has($0.rawValue) }.compactMap { metric in
      if !Self.accuracies.contains(metric), !hasPrune {
        mapping.reportKey(metric.rawValue, "nothing can be expected of it without `prune`")
      }
      if metric == .top5, let metrics, !metrics.contains(metric.rawValue) {
        mapping.reportKey(metric.rawValue, "it is not measured; add it to `evaluate.metrics`")
      }
      if case .scalar(let scalar)? = mapping.node(metric.rawValue)?.content, scalar.isNumber {
        let limit = metric == .accuracyDrop ? "at_most" : "at_least"
        mapping.report(
          metric.rawValue,
          "expected a mapping, found \(quoted(scalar.text)); write \(quoted("{\(limit): \(scalar.text)}"))")
        return nil
      }
      let fields = Fields(metric)
      return mapping.mapping(metric.rawValue, fields.keys).flatMap { read($0, metric, fields) }
    }
  }

  private func read(
    _ mapping: MappingReader, _ metric: ExpectationSpec.Metric, _ fields: Fields
  ) -> ExpectationSpec? {
    let paper = mapping.optional(fields.paper)
    let most = mapping.optional(fields.atMost)
    let least = mapping.optional(fields.atLeast)
    guard let paper, let most, let least else { return nil }
    if Self.accuracies.contains(metric) {
      for (field, value) in [(fields.paper, paper), (fields.atMost, most), (fields.atLeast, least)] {
        guard let value, value > 0, value <= 1 else { continue }
        let percent = plain((value * 10_000).rounded() / 100)
        mapping.warn(field.name, "accuracies are in percent; did you mean \(quoted(percent))?")
      }
    }
    switch (most, least) {
    case (let limit?, nil):
      return ExpectationSpec(metric: metric.rawValue, paper: paper, limit: .atMost(limit))
    case (nil, let limit?):
      return ExpectationSpec(metric: metric.rawValue, paper: paper, limit: .atLeast(limit))
    case (nil, nil):
      mapping.reportNone(of: [fields.atMost.name, fields.atLeast.name], "expected `at_most` or `at_least`")
    default:
      mapping.refuse(
        fields.atLeast.name, with: fields.atMost.name, "only one of `at_most` and `at_least` can be given",
        isMutual: true)
    }
    return nil
  }

  func write(_ specs: [ExpectationSpec]) -> JSON {
    .object(
      specs.compactMap { spec in
        guard let metric = ExpectationSpec.Metric(rawValue: spec.metric) else { return nil }
        let fields = Fields(metric)
        let limit =
          switch spec.limit {
          case .atMost(let value): fields.atMost.entry(value)
          case .atLeast(let value): fields.atLeast.entry(value)
          }
        return (spec.metric, .object([fields.paper.entry(spec.paper), limit]))
      })
  }
}
