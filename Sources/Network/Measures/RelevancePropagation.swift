import Compute
import Synchronization

/// Layer-wise relevance propagation through the current network, for any number of batches (arXiv
/// 2002.09958, section III).
///
/// With running statistics, images do not depend on each other. Each thread therefore takes a few
/// images through the whole network, forward and backward, without synchronization after every
/// layer.
public final class RelevancePropagation {
  private let network: Network
  private let rule: RelevanceRule
  private let executor: Executor
  /// By node.
  private let convolutions: [Int: SignedConvolution]
  private let wanted: [Bool]
  private let memory: RelevanceMemory
  /// By value: the layers that are scored there, and which of its channels belong to them.
  private let layers: [Graph.Value: [(name: String, channels: [Int]?)]]
  /// Idle engines with one thread.
  private let idle = Mutex<[Engine]>([])

  /// - Parameter network: must not be trained or pruned during use.
  public init(_ network: Network, rule: RelevanceRule = .standard) {
    self.network = network
    self.rule = rule
    executor = network.executor()
    let graph = network.graph
    memory = RelevanceMemory(graph)
    convolutions = graph.nodes.indices.reduce(into: [:]) { found, node in
      found[node] = graph.operation(node, as: Convolution.self)?.signedWeights(network.store[node])
    }
    let scored = network.structure.relevanceLayers
    wanted = Self.wanted(executor.plan, Set(scored.map(\.node)))
    layers = scored.reduce(into: [:]) { found, layer in
      let (value, channels) = Self.scoredValue(of: layer, rule, graph)
      found[value, default: []].append((layer.name, channels))
    }
  }

  /// By value: whether relevance is propagated to it; not in layers before the first scored one.
  private static func wanted(_ plan: ExecutionPlan, _ scored: Set<Int>) -> [Bool] {
    var wanted = [Bool](repeating: false, count: plan.valueCount)
    for (node, operation) in plan.graph.nodes.enumerated() {
      wanted[node + 1] = scored.contains(node) || operation.inputs.contains { wanted[$0.index] }
    }
    return wanted
  }

  /// Relevance passes batch norm and activations unchanged, so a layer is scored at the value after
  /// them. A convolution that feeds a sum is scored at the sum's output, or in its branch.
  private static func scoredValue(
    of layer: ScoredLayer, _ rule: RelevanceRule, _ graph: Graph
  ) -> (value: Graph.Value, channels: [Int]?) {
    if layer.sum != nil, rule.lastConvolution == .branch {
      return (graph.output(of: layer.normalization ?? layer.node), nil)
    }
    // The relevance of a unit is read at the output of the linear layer.
    if layer.isLinear { return (graph.output(of: layer.node), nil) }
    return (layer.activation, layer.channels)
  }

  /// Relevance of every scored channel for each image, `[images, channels]`, by layer.
  ///
  /// Propagation starts from R = 1 at the true class before the softmax. A channel's relevance is
  /// the mean over its pixels. Layers that relevance does not reach are omitted.
  ///
  /// - Parameter images: `[channels, images, rows, columns]`, as many as labels.
  public func relevances(
    _ images: Planes, labels: [Int]
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    precondition(
      images.shape.images == labels.count, "there are \(labels.count) labels for \(images.shape)")
    let parts = memory.parts(of: labels.count)
    let found = Mutex<[Int: (logits: Tensor, relevances: [String: Tensor])]>([:])
    // If there are fewer parts than threads, parts run one after the other and threads share each
    // layer: the same bits, but slower.
    let engine = network.engine
    let sharesLayers = RelevanceMemory.sharesLayers(parts: parts.count, threads: engine.threads)
    func takePart(_ index: Int) {
      let own = parts[index]
      let part = withEngine(shared: sharesLayers) {
        propagate(images.images(own), Array(labels[own]), on: $0)
      }
      found.withLock { $0[index] = part }
    }
    if sharesLayers { parts.indices.forEach(takePart) } else { engine.parallel(parts.count, takePart) }
    let ordered = found.withLock { found in parts.indices.compactMap { found[$0] } }
    return (
      Tensor(joining: ordered.map(\.logits), columns: network.classes),
      Dictionary(
        uniqueKeysWithValues: (ordered.first?.relevances ?? [:]).map { layer, first in
          (layer, Tensor(joining: ordered.compactMap { $0.relevances[layer] }, columns: first.shape[1]))
        })
    )
  }

  /// Propagates relevance of a few images through the whole network.
  private func propagate(
    _ images: Planes, _ labels: [Int], on engine: Engine
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    var run = Run(engine: engine, mode: .relevance)
    run.rule = rule
    run.signedConvolutions = convolutions
    run.relevanceWanted = wanted
    let (output, tape) = executor.forward(images, &run)
    let logits = engine.flatten(output)
    var start = Tensor(shape: logits.shape)
    for (image, label) in labels.enumerated() { start.values[image * network.classes + label] = 1 }
    let relevance = Planes(uninitialized: output.shape)
    engine.unflatten(start, into: relevance)
    var found: [String: Tensor] = [:]
    executor.relevance(relevance, tape, &run) { value, planes in
      for (layer, channels) in layers[value] ?? [] {
        let own = select(channels, of: planes, engine)
        // A unit has one element.
        found[layer] = own.shape.rows * own.shape.columns == 1 ? engine.flatten(own) : engine.imageMeans(own)
      }
    }
    return (logits, found)
  }

  private func select(_ channels: [Int]?, of planes: Planes, _ engine: Engine) -> Planes {
    guard let channels else { return planes }
    let own = Planes(uninitialized: planes.shape.with(channels: channels.count))
    engine.select(planes, channels: channels, into: own)
    return own
  }

  private func withEngine<Result>(shared: Bool, _ body: (Engine) -> Result) -> Result {
    if shared || network.engine.threads == 1 { return body(network.engine) }
    let own = idle.withLock { $0.popLast() } ?? network.engine.single()
    defer { idle.withLock { $0.append(own) } }
    return body(own)
  }
}

extension Tensor {
  /// Concatenates the rows of tensors with the same number of columns.
  fileprivate init(joining parts: [Tensor], columns: Int) {
    self.init(shape: [parts.reduce(0) { $0 + $1.shape[0] }, columns], values: parts.flatMap(\.values))
  }
}
