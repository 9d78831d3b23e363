/// Checks whether pruning the network's layers can reach the target.
struct PruneTarget {
  private let spec: PruneSpec
  /// Layers that can lose channels.
  private let layers: [Catalog.NetworkOutline.Group]
  /// Linear layers that can lose units.
  private let hidden: [Catalog.NetworkOutline.Group]
  private let steps: Int
  /// The reduction with every layer at its floor; nil if unknown.
  private let largest: () -> Catalog.Reduction?

  init(
    _ spec: PruneSpec, groups: [Catalog.NetworkOutline.Group], epochs: Int,
    largest: @escaping () -> Catalog.Reduction? = { nil }
  ) {
    self.spec = spec
    let groups = groups.filter { !spec.excludes($0.members) }
    layers = groups.filter { !$0.isHidden }
    hidden = groups.filter(\.isHidden)
    steps = spec.steps(epochs: epochs).count
    self.largest = largest
  }

  /// The error; nil if there is none.
  var problem: String? {
    let all = layers.map(\.channels).reduce(0, +)
    let most = layers.map { $0.channels - spec.floor(ofLayerWith: $0.channels, width: $0.width) }
      .reduce(0, +)
    // The nearest multiple is close enough.
    let limit = most + (layers.map { spec.multiple(width: $0.width) }.max() ?? 1) - 1
    if layers.isEmpty, !spec.exclude.isEmpty { return "`exclude` leaves no layer that can lose channels" }
    if layers.isEmpty {
      return "no convolution can lose channels, and linear layers lose units only along with them"
    }
    if most == 0 { return "no layer can lose a channel \(floors)" }
    switch spec.target {
    case .ratio(let ratio):
      let wanted = Int((ratio * Double(all)).rounded())
      if wanted == 0 { return "\(ratio) of \(all) channels is none" }
      guard wanted > limit else { return nil }
      return "\(ratio) of \(all) channels is \(wanted), but at most \(most) can be removed \(floors)"
    case .channelsPerStep(let channels):
      let wanted = channels * steps
      guard wanted > limit else { return hiddenProblem }
      let take = steps == 1 ? "a step of \(channels) removes" : "\(steps) steps of \(channels) remove"
      return "\(take) \(wanted) channels, but at most \(most) of \(all) can be removed \(floors)"
    case .parameterRatio(let ratio): return unreachable(ratio, "parameters", \.parameters)
    case .flopsRatio(let ratio): return unreachable(ratio, "MACs", \.macs)
    }
  }

  /// Steps with a number of channels also remove hidden units, in the end all but one of them.
  private var hiddenProblem: String? {
    let all = hidden.map(\.channels).reduce(0, +)
    let wanted = PruneSpec.hiddenUnits(of: all, steps: Double(steps))
    // Layers of a unit or two lose next to nothing.
    let lost = hidden.contains {
      $0.channels > 2 && spec.floor(ofLayerWith: $0.channels, width: $0.width) == 1
    }
    guard wanted >= all, lost else { return nil }
    return "each step also removes 22 in 512 hidden units, in all \(wanted) of \(all);"
      + " `exclude`, `minimum_channels` or `maximum_layer_ratio` keeps them"
  }

  /// What limits the loss of a layer.
  private var floors: String {
    let ratio = spec.maximumLayerRatio.map { ", `maximum_layer_ratio` \($0)" } ?? ""
    return "(`minimum_channels` \(spec.minimumChannels), `round_to` \(spec.roundTo)\(ratio))"
  }

  private func unreachable(
    _ ratio: Double, _ noun: String, _ share: KeyPath<Catalog.Reduction, Double>
  ) -> String? {
    guard let most = largest()?[keyPath: share] else { return nil }
    // The choice of a stream's channels slightly affects how much its layers can lose.
    let margin = spec.scope == .stream ? 0.02 : 1e-9
    guard ratio > most + margin else { return nil }
    return "\(ratio) of the \(noun) is out of reach: with every layer at its floor"
      + " \(floors) at most \((most * 1000).rounded(.down) / 1000) can be removed"
  }
}
