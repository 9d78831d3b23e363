/// `prune`: its keys, how they become a ``PruneSpec`` and back.
struct PruneSection: Sendable {
  let criterion: Field<String>
  let ratio = Field(
    "ratio", .number(.share), "Share of the prunable channels that is removed in total.")
  let channelsPerStep = Field(
    "channels_per_step", .wholeNumber(1...1_000_000), "Channels that every pruning step removes.")
  let parameterRatio = Field(
    "parameter_ratio", .number(.share), "Share of the parameters that is removed in total.")
  let flopsRatio = Field(
    "flops_ratio", .number(.share), "Share of the multiply-accumulates that is removed in total.")
  let interval = Field(
    "interval", .wholeNumber(1...1_000_000),
    "Epochs between pruning steps; required unless `schedule: one_shot`.")
  let until = Field(
    "until", .wholeNumber(1...1_000_000),
    "No pruning step after this epoch; default: the last but one, or the interval if that is later.")
  let schedule = Field(
    "schedule", .choice(["constant", "cubic", "one_shot"], "pruning schedule"), default: "constant",
    "How removal is distributed over the steps.")
  let fineTune = FineTuneSection()
  let samples = Field(
    "samples", .optional(.wholeNumber(1...1_000_000_000), or: "all"), default: .some(nil),
    "Training images that the scores are computed on.")
  let scope = Field(
    "scope", .choice(PruneSpec.Scope.allCases.map(\.rawValue), "scope"), default: "block",
    "`block` removes channels inside residual blocks only, `stream` also those of the streams.")
  let minimumChannels = Field(
    "minimum_channels", .wholeNumber(1...65_536), default: 1, "Smallest number of channels in any layer.")
  let roundTo = Field(
    "round_to", .wholeNumber(1...65_536), default: 1, "Layers keep a multiple of this number of channels.")
  let exclude = Field(
    "exclude", .list(of: .text, isUnique: true, isEmptyAllowed: true, most: 1000), default: [],
    "Layers that are not pruned: names, or patterns such as `layer1.*`.")
  let maximumLayerRatio = Field(
    "maximum_layer_ratio", .number(.share), "Largest share of its channels that a layer may lose.")
  private let options: [(criterion: String, key: String, fields: [Field<OptionValue>])]

  init(_ catalog: Catalog) {
    criterion = Field(
      "criterion",
      .choice(
        catalog.criteria.map(\.name), "criterion",
        otherNames: ["lrp": "feature_relevance", "relevance": "feature_relevance"]),
      default: "feature_relevance",
      "Importance criterion that ranks the channels.")
    options = catalog.criteria.filter { !$0.options.isEmpty }.map { criterion in
      let fields = criterion.options.map { option in
        Field(option.name, .option(option.form), default: option.defaultValue, option.summary)
      }
      return (criterion.name, Self.optionsKey(criterion.name), fields)
    }
  }

  /// The key that holds a criterion's options: its name, but `relevance` for `feature_relevance`.
  private static func optionsKey(_ criterion: String) -> String {
    criterion == "feature_relevance" ? "relevance" : criterion
  }

  private var targetNames: [String] {
    [ratio.name, channelsPerStep.name, parameterRatio.name, flopsRatio.name]
  }

  var keys: [Key] {
    [
      criterion.key, ratio.key, channelsPerStep.key, parameterRatio.key, flopsRatio.key, interval.key,
      until.key, schedule.key, fineTune.key, samples.key, scope.key, minimumChannels.key, roundTo.key,
      exclude.key, maximumLayerRatio.key,
    ]
      + options.map {
        .mapping(
          $0.key, $0.fields.map(\.key), "Options of the criterion `\($0.criterion)`; the others ignore them.")
      }
  }

  var key: Key {
    .mapping(
      "prune", keys, exactlyOneOf: [targetNames],
      "Removes channels while the network trains; without it, only the baseline is trained.")
  }

  /// - Parameters:
  ///   - epochs: of the training, nil when unknown.
  ///   - trainingImages: images of an epoch, nil when unknown.
  ///   - architecture: nil when unknown.
  func read(
    _ mapping: MappingReader, epochs: Int?, trainingImages: Int?, architecture: ArchitectureSpec?
  ) -> PruneSpec? {
    let criterion = mapping[criterion]
    let target = readTarget(mapping)
    let steps = readSteps(mapping, epochs)
    let samples = mapping[samples]
    if case .some(.some(let samples)) = samples, let trainingImages, samples > trainingImages {
      mapping.report(self.samples.name, "there are only \(trainingImages) training images, found \(samples)")
    }
    if let criterion, case .some(.some) = samples,
      mapping.context.catalog.criteria.contains(where: { $0.name == criterion && !$0.readsImages })
    {
      warnIdle(self.samples.name, "\(quoted(criterion)) reads no images", mapping)
    }
    let scope = mapping[scope].flatMap(PruneSpec.Scope.init)
    let outline = architecture.flatMap { mapping.context.catalog.outline($0) { _ in } }
    if scope == .stream, let architecture, let outline, outline.streams.isEmpty {
      mapping.report(
        self.scope.name, "\(quoted(architecture.name)) has no residual stream; leave the key out")
    }
    let exclude = readExclude(mapping, outline)
    let maximumLayerRatio = mapping.optional(maximumLayerRatio)
    let minimumChannels = mapping[minimumChannels]
    let roundTo = mapping[roundTo]
    let options = readOptions(mapping, of: criterion)
    guard let criterion, let target, let steps, let samples, let scope, let minimumChannels, let roundTo,
      let exclude, let maximumLayerRatio, let options
    else { return nil }
    let spec = PruneSpec(
      criterion: criterion, target: target, interval: steps.interval, until: steps.until,
      schedule: steps.schedule, samples: samples, scope: scope,
      minimumChannels: minimumChannels, roundTo: roundTo, exclude: exclude,
      maximumLayerRatio: maximumLayerRatio, options: options)
    if let architecture { checkTarget(spec, mapping, epochs: epochs, architecture, outline) }
    if let epochs, spec.fineTune == nil, spec.steps(epochs: epochs).last == epochs {
      mapping.warn(
        mapping.has(until.name) ? until.name : interval.name,
        "a pruning step comes after the last epoch, \(epochs), and nothing is trained after it")
    }
    return spec
  }

  private func checkTarget(
    _ spec: PruneSpec, _ mapping: MappingReader, epochs: Int?, _ architecture: ArchitectureSpec,
    _ outline: Catalog.NetworkOutline?
  ) {
    guard let epochs, let outline,
      let name = targetNames.first(where: mapping.has)
    else { return }
    let largest = { mapping.context.catalog.largestReduction(architecture, spec) }
    if let problem = PruneTarget(spec, groups: outline.groups, epochs: epochs, largest: largest).problem {
      mapping.report(name, problem)
    }
  }

  /// Every pattern must match a layer that makes channels.
  private func readExclude(_ mapping: MappingReader, _ outline: Catalog.NetworkOutline?) -> [String]? {
    let patterns = mapping[exclude]
    guard let patterns, let outline, case .list(let items)? = mapping.node(exclude.name)?.content else {
      return patterns
    }
    for (index, pattern) in patterns.enumerated()
    where !outline.layers.contains(where: Glob(pattern).matches) {
      mapping.context.report(
        items[index].place, "\(keyPath(mapping.path, exclude.name))[\(index)]",
        Self.unknownLayer(pattern, among: outline.layers))
    }
    return patterns
  }

  private static func unknownLayer(_ pattern: String, among layers: [String]) -> String {
    let hint = nearestName(to: pattern, among: layers).map { "did you mean \(quoted($0))?" }
    return "no convolution or linear layer is named \(quoted(pattern)); "
      + (hint ?? "layers are \(listed(layers.prefix(4).map { quoted($0) })), …")
  }

  private func readTarget(_ mapping: MappingReader) -> PruneSpec.Target? {
    let written = targetNames.filter(mapping.has)
    let targets: [PruneSpec.Target?] = written.map { name in
      switch name {
      case ratio.name: mapping[ratio].map { .ratio($0) }
      case channelsPerStep.name: mapping[channelsPerStep].map { .channelsPerStep($0) }
      case parameterRatio.name: mapping[parameterRatio].map { .parameterRatio($0) }
      default: mapping[flopsRatio].map { .flopsRatio($0) }
      }
    }
    guard let first = written.first else {
      mapping.reportNone(
        of: targetNames, "expected one of \(listed(targetNames.map { quoted($0) }, "or")), found none")
      return nil
    }
    for name in written.dropFirst() {
      mapping.refuse(
        name, with: first, "only one target is allowed, and \(quoted(first)) is already set", isMutual: true)
    }
    return written.count == 1 ? targets[0] : nil
  }

  /// The pruning steps. Keys of other schedules are checked, but ignored.
  private func readSteps(
    _ mapping: MappingReader, _ epochs: Int?
  ) -> (interval: Int, until: Int, schedule: PruneSpec.Schedule)? {
    let name = mapping[schedule]
    if name == "one_shot" {
      // Keys of the steps are allowed, so that experiments that differ only in the schedule can
      // share a file.
      _ = (mapping[interval], mapping[until])
      guard let fineTune = fineTune.read(mapping) else { return nil }
      return epochs.map { ($0, $0, .oneShot(fineTune)) }
    }
    if mapping.has(fineTune.name) { _ = fineTune.read(mapping) }
    if !mapping.has(interval.name) { mapping.reportMissing(interval.name, interval.form.expectation) }
    let interval = mapping[interval]
    guard let until = readUntil(mapping, interval, epochs), let interval, let name else { return nil }
    return (interval, until, name == "cubic" ? .cubic : .constant)
  }

  private func readUntil(_ mapping: MappingReader, _ interval: Int?, _ epochs: Int?) -> Int? {
    let isWritten = mapping.has(until.name)
    let written = isWritten ? mapping[until] : nil
    if let written, let epochs, written > epochs {
      mapping.warn(until.name, "epoch \(written) comes after the last epoch, \(epochs)")
    }
    guard let interval else { return written }
    if let epochs, interval > epochs {
      mapping.report(
        self.interval.name, "an interval of \(interval) allows no pruning step in \(epochs) epochs")
      return nil
    }
    if let written, interval > written {
      mapping.report(
        self.interval.name, "an interval of \(interval) allows no pruning step until epoch \(written)")
      return nil
    }
    if isWritten { return written }
    return epochs.map { max($0 - 1, interval) }
  }

  /// Warns of a key that the criterion ignores, unless it may be there for experiments with another
  /// one: of the same file, or of files that extend the same one.
  private func warnIdle(_ key: String, _ reason: String, _ mapping: MappingReader) {
    guard !mapping.context.varies(keyPath(mapping.path, criterion.name)),
      !mapping.isInherited(key, below: criterion.name)
    else { return }
    mapping.warn(key, "it has no effect, since \(reason)")
  }

  /// Options of all criteria are checked, so that experiments that differ only in the criterion can
  /// share a file.
  private func readOptions(_ mapping: MappingReader, of criterion: String?) -> CriterionOptions? {
    var result: CriterionOptions = [:]
    var isValid = true
    for (name, key, fields) in options {
      guard let values = mapping.mapping(key, fields.map(\.key)) else {
        isValid = false
        continue
      }
      var isIdle = false
      for field in fields {
        guard
          let value = field.defaultValue == nil ? values.optional(field) : values[field].map({ .some($0) })
        else {
          isValid = false
          continue
        }
        if name == criterion {
          result[field.name] = value
        } else if values.has(field.name), value != field.defaultValue {
          isIdle = true
        }
      }
      if let criterion, isIdle { warnIdle(key, "the criterion is \(quoted(criterion))", mapping) }
    }
    return isValid ? result : nil
  }

  func write(_ spec: PruneSpec) -> JSON {
    let target: (String, JSON) =
      switch spec.target {
      case .ratio(let value): ratio.entry(value)
      case .channelsPerStep(let value): channelsPerStep.entry(value)
      case .parameterRatio(let value): parameterRatio.entry(value)
      case .flopsRatio(let value): flopsRatio.entry(value)
      }
    var members = [criterion.entry(spec.criterion), target]
    switch spec.schedule {
    case .constant, .cubic:
      members += [
        interval.entry(spec.interval), until.entry(spec.until),
        schedule.entry(spec.schedule == .cubic ? "cubic" : "constant"),
      ]
    case .oneShot(let spec): members += [schedule.entry("one_shot"), fineTune.entry(spec)]
    }
    members += [
      samples.entry(.some(spec.samples)), scope.entry(spec.scope.rawValue),
      minimumChannels.entry(spec.minimumChannels),
      roundTo.entry(spec.roundTo),
    ]
    if !spec.exclude.isEmpty { members.append(exclude.entry(spec.exclude)) }
    if let ratio = spec.maximumLayerRatio { members.append(maximumLayerRatio.entry(ratio)) }
    if !spec.options.isEmpty {
      let options = spec.options.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
      members.append((Self.optionsKey(spec.criterion), .object(options)))
    }
    return .object(members)
  }
}
