/// Finds targets that no pruning of the network's layers reaches.
struct PruneTarget {
  private let spec: PruneSpec
  private let layers: Catalog.Architecture.PrunableLayers
  private let steps: Int

  init(_ spec: PruneSpec, layers: Catalog.Architecture.PrunableLayers, epochs: Int) {
    self.spec = spec
    self.layers = layers
    steps = spec.fineTune == nil ? spec.steps(epochs: epochs).count : 1
  }

  /// What is wrong with it; nil if nothing is, as far as channels alone tell.
  var problem: String? {
    let all = layers.convolutions.reduce(0, +)
    let most = layers.convolutions.map { $0 - spec.floor(ofLayerWith: $0) }.reduce(0, +)
    let floors = "(`minimum_channels` \(spec.minimumChannels), `round_to` \(spec.roundTo))"
    if most == 0 { return "no layer can lose a channel \(floors)" }
    // The nearest multiple is near enough. What streams take with them depends on the ranking.
    let limit = spec.scope == .stream ? all : most + spec.roundTo - 1
    switch spec.target {
    case .ratio(let ratio):
      let wanted = Int((ratio * Double(all)).rounded())
      if wanted == 0 { return "\(ratio) of \(all) channels is none" }
      guard wanted > limit else { return nil }
      return "\(ratio) of \(all) channels is \(wanted), but at most \(most) can go \(floors)"
    case .channelsPerStep(let channels):
      let wanted = channels * steps
      if wanted > limit {
        let take = steps == 1 ? "a step of \(channels) takes" : "\(steps) steps of \(channels) take"
        return "\(take) \(wanted) channels, but at most \(most) of \(all) can go \(floors)"
      }
      return hiddenProblem
    case .parameterRatio, .flopsRatio:
      return nil
    }
  }

  /// Of hidden units goes a fixed share at each step.
  private var hiddenProblem: String? {
    for units in layers.hiddenLayers {
      let wanted = Int((PruneSpec.hiddenUnitsPerStep * Double(units * steps)).rounded())
      let most = units - spec.floor(ofLayerWith: units)
      if wanted > most + spec.roundTo - 1 {
        return
          "22 of 512 hidden units go at each step, after \(steps) steps \(wanted) of \(units), but at most \(most) can"
      }
    }
    return nil
  }
}
