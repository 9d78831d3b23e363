/// `train.schedule`: a mapping whose keys depend on its `name`.
struct ScheduleSection: Sendable {
  let warmupEpochs = Field(
    "warmup_epochs", .wholeNumber(0...1_000_000), default: 0,
    "Epochs of linear warm-up.")
  let milestones = Field(
    "milestones", .list(of: .wholeNumber(1...1_000_000)), required: true,
    "Epochs after which the learning rate is multiplied by gamma, in increasing order.")
  let gamma = Field("gamma", .number(.positive), default: 0.1, "Factor of the learning rate at a milestone.")
  let minimum = Field(
    "minimum", .singlePrecision(.nonNegative), default: 0, "Learning rate at the end of the half cosine.")
  let rise = Field(
    "rise", .number(.share), default: 0.3, "Share of the epochs in which the learning rate rises.")
  let initialDivisor = Field(
    "initial_divisor", .number(Bounds(lower: 1)), default: 25,
    "Highest learning rate / first learning rate.")
  let finalDivisor = Field(
    "final_divisor", .number(Bounds(lower: 1)), default: 10_000,
    "First learning rate / last learning rate.")

  private static let summary = "Learning rate schedule: constant, step, cosine or one_cycle."

  private var ownKeys: [(name: String, keys: [Key])] {
    [
      ("constant", []), ("step", [milestones.key, gamma.key]), ("cosine", [minimum.key]),
      ("one_cycle", [rise.key, initialDivisor.key, finalDivisor.key]),
    ]
  }

  private var name: Field<String> {
    Field("name", .choice(ownKeys.map(\.name), "schedule"), default: "constant", Self.summary)
  }

  /// The keys of each kind of schedule.
  var variants: [(name: String, keys: [Key])] {
    ownKeys.map { variant in
      let name = Key(
        name: name.name, summary: Self.summary, isRequired: variant.name != "constant",
        defaultValue: variant.name == "constant" ? .string("constant") : nil,
        shape: .value([("const", .string(variant.name))]))
      return (variant.name, [name] + variant.keys + [warmupEpochs.key])
    }
  }

  var keys: [Key] { [name.key] + ownKeys.flatMap(\.keys) + [warmupEpochs.key] }

  /// - Parameters:
  ///   - epochs: of the training, nil when unknown.
  ///   - learningRate: before the schedule, nil when unknown.
  func read(_ mapping: MappingReader, epochs: Int?, learningRate: Double?) -> ScheduleSpec? {
    let name = mapping[name]
    if let name { refuseKeys(notOf: name, mapping) }
    let kind = name.flatMap { readKind($0, mapping, epochs, learningRate) }
    let warmupEpochs = mapping[warmupEpochs]
    if let warmupEpochs, let epochs, warmupEpochs >= epochs {
      mapping.report(
        self.warmupEpochs.name, "a warm-up of \(warmupEpochs) epochs leaves none of the \(epochs) epochs")
    }
    guard let kind, let warmupEpochs else { return nil }
    return ScheduleSpec(kind: kind, warmupEpochs: warmupEpochs)
  }

  private func refuseKeys(notOf name: String, _ mapping: MappingReader) {
    for variant in ownKeys where variant.name != name {
      for key in variant.keys where mapping.has(key.name) {
        mapping.refuse(
          key.name, with: self.name.name,
          "belongs to the schedule \(quoted(variant.name)), not to \(quoted(name))")
      }
    }
  }

  private func readKind(
    _ name: String, _ mapping: MappingReader, _ epochs: Int?, _ learningRate: Double?
  ) -> ScheduleSpec.Kind? {
    switch name {
    case "step":
      let milestones = readMilestones(mapping, epochs)
      let gamma = mapping[gamma]
      guard let milestones, let gamma else { return nil }
      if gamma == 1 { mapping.warn(self.gamma.name, "a factor of 1 changes nothing at the milestones") }
      return .step(milestones: milestones, gamma: gamma)
    case "cosine":
      guard let minimum = mapping[minimum] else { return nil }
      if let learningRate, minimum >= learningRate {
        mapping.warn(self.minimum.name, "the learning rate, \(plain(learningRate)), is not above it")
      }
      return .cosine(minimum: minimum)
    case "one_cycle":
      let rise = mapping[rise]
      let initialDivisor = mapping[initialDivisor]
      let finalDivisor = mapping[finalDivisor]
      guard let rise, let initialDivisor, let finalDivisor else { return nil }
      return .oneCycle(rise: rise, initialDivisor: initialDivisor, finalDivisor: finalDivisor)
    default:
      return .constant
    }
  }

  private func readMilestones(_ mapping: MappingReader, _ epochs: Int?) -> [Int]? {
    guard let milestones = mapping[milestones] else { return nil }
    let name = self.milestones.name
    if let index = milestones.indices.dropFirst().first(where: { milestones[$0] <= milestones[$0 - 1] }) {
      mapping.report(
        name, "milestones must increase, but \(milestones[index]) comes after \(milestones[index - 1])")
      return nil
    }
    if let epochs, let late = milestones.first(where: { $0 >= epochs }) {
      let others = late == milestones.last ? "" : ", nor do those after it"
      mapping.warn(name, "the milestone \(late) changes nothing\(others): it comes after the last epoch")
    }
    return milestones
  }

  func write(_ spec: ScheduleSpec) -> JSON {
    let members: [(String, JSON)]
    switch spec.kind {
    case .constant: members = [name.entry("constant")]
    case .step(let steps, let factor):
      members = [name.entry("step"), milestones.entry(steps), gamma.entry(factor)]
    case .cosine(let end): members = [name.entry("cosine"), minimum.entry(end)]
    case .oneCycle(let share, let initial, let final):
      members = [
        name.entry("one_cycle"), rise.entry(share), initialDivisor.entry(initial), finalDivisor.entry(final),
      ]
    }
    return .object(members + [warmupEpochs.entry(spec.warmupEpochs)])
  }
}
