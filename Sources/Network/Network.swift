import Compute

/// A convolutional network: its graph, its weights, and which of its channels were removed.
///
/// It runs forward, backward and relevance passes on an engine, and can lose channels for good.
/// Architectures build its graph (see the Architectures target).
public final class Network {
  public let engine: Engine
  /// The graph, its channel groups, and what is left of them.
  public private(set) var structure: PrunableGraph
  /// Gathers how long layers take from now on, where one is set.
  public var profile: LayerProfile?

  let store: ParameterStore
  private(set) var plan: ExecutionPlan
  private var generation = 0
  private let isFused: Bool
  /// Elements of an output beyond which it is computed again for the backward pass; nil for the
  /// usual number.
  var recomputationThreshold: Int?

  /// A network with random weights that depend on the seed alone.
  public convenience init(_ graph: Graph, seed: UInt64, engine: Engine) {
    self.init(graph, seed: seed, engine: engine, fused: true)
  }

  /// - Parameter fused: false to run every node by itself, as the reference for fused steps
  init(_ graph: Graph, seed: UInt64, engine: Engine, fused: Bool) {
    self.engine = engine
    isFused = fused
    structure = PrunableGraph(graph)
    plan = ExecutionPlan(graph, fused: fused)
    store = ParameterStore(graph)
    store.initialize(graph, seed: seed)
  }

  private init(copying other: Network, on engine: Engine) {
    self.engine = engine
    isFused = other.isFused
    structure = other.structure
    plan = other.plan
    generation = other.generation
    store = ParameterStore(copying: other.store)
    recomputationThreshold = other.recomputationThreshold
  }

  /// A network with the same weights, gradients, momentum and channels, which computes on another
  /// engine and changes by itself. The profile is not copied.
  public func copy(on engine: Engine) -> Network { Network(copying: self, on: engine) }

  public var graph: Graph { structure.graph }

  /// Channels, rows and columns of an image.
  public var input: PlaneShape { graph.input.planes(images: 1) }
  public var classes: Int { graph.classes }

  /// Whether residual streams lose channels, too: criteria then score the layers that start them.
  public var prunesStreams: Bool {
    get { structure.prunesStreams }
    set { structure.prunesStreams = newValue }
  }

  func makeRun(_ mode: ForwardMode, method: ConvolutionMethod = .fastest) -> Run {
    var run = Run(engine: engine, mode: mode)
    run.method = method
    run.profile = profile
    if let recomputationThreshold { run.recomputationThreshold = recomputationThreshold }
    return run
  }

  func executor() -> Executor { Executor(plan: plan, parameters: store, generation: generation) }

  // MARK: Passes

  /// Logits `[images, classes]` by the running statistics.
  ///
  /// - Parameters:
  ///   - images: `[channels, images, rows, columns]`
  ///   - method: ``ConvolutionMethod/precise`` to compare with values computed elsewhere
  public func evaluate(_ images: Planes, method: ConvolutionMethod = .fastest) -> Tensor {
    var run = makeRun(.evaluation, method: method)
    return engine.flatten(executor().forward(images, &run).output)
  }

  /// A forward pass of training, which moves the running statistics.
  public struct TrainingPass {
    /// `[images, classes]`
    public let logits: Tensor
    let tape: Tape
  }

  /// - Parameters:
  ///   - images: `[channels, images, rows, columns]`
  ///   - dropout: what dropout draws from; nil drops nothing
  ///   - method: ``ConvolutionMethod/precise`` to compare with values computed elsewhere: a value
  ///     that another rounding puts on the other side of a ReLU's kink moves gradients by far more
  ///     than the rounding itself
  public func train(
    _ images: Planes, dropout: RandomStream? = nil, method: ConvolutionMethod = .fastest
  ) -> TrainingPass {
    var run = makeRun(.training, method: method)
    run.dropout = dropout
    let (output, tape) = executor().forward(images, &run)
    return TrainingPass(logits: engine.flatten(output), tape: tape)
  }

  /// Sets the gradient of every parameter from the gradient of a pass's logits.
  ///
  /// - Precondition: no channels were removed since the pass.
  public func backward(_ pass: consuming TrainingPass, _ logitsGradient: Tensor) {
    var run = makeRun(.training)
    let gradient = Planes(uninitialized: graph.shape(graph.output).planes(images: pass.tape.images))
    engine.unflatten(logitsGradient, into: gradient)
    executor().backward(gradient, pass.tape, &run)
  }

  // MARK: Channels

  /// Removes channels for good: weights, batch norm, momentum, and the inputs of whatever read
  /// them.
  ///
  /// The network then computes what it did with those channels' output set to zero.
  ///
  /// - Parameter channels: by group, streams or others, channels by their number in the original
  ///   network. Ones that were removed before, or that never were, are ignored; a layer's last
  ///   channel is never removed.
  public func remove(channels: [String: Set<Int>]) { apply(structure.remove(channels: channels)) }

  /// Keeps exactly these channels, by their number in the original network; groups that are not
  /// named stay whole.
  public func keep(channels: [String: [Int]]) { apply(structure.keep(channels: channels)) }

  private func apply(_ slices: [Int: [ParameterSlice]]) {
    for (node, own) in slices { store.keep(own, of: node) }
    plan = ExecutionPlan(graph, fused: isFused)
    generation += 1
  }

  public var channelGroups: [ChannelGroup] { structure.channelGroups }
  public var streamGroups: [ChannelGroup] { structure.streamGroups }
  public var prunableChannels: Int { structure.prunableChannels }

  // MARK: Cost

  /// Parameters and MACs as the network stands.
  public func cost() -> Cost { structure.cost }
  /// A row for each layer that has weights, in the order of data.
  public func layers() -> [LayerSummary] { structure.layers }
}
