import Compute

/// A convolutional network: its graph, its weights, and its remaining channels.
///
/// It runs forward, backward and relevance passes on an engine, and can be pruned. The
/// Architectures target builds graphs.
public final class Network {
  public let engine: Engine
  /// The graph, its channel groups, and their remaining channels.
  public private(set) var structure: PrunableGraph
  /// Collects the times of layers, if set.
  public var profile: LayerProfile?

  let store: ParameterStore
  private(set) var plan: ExecutionPlan
  private var generation = 0
  private let isFused: Bool
  /// Recomputation threshold: outputs with more elements are recomputed for the backward pass; nil
  /// for the default.
  var recomputationThreshold: Int?

  /// A network with random weights that depend only on the seed.
  public convenience init(_ graph: Graph, seed: UInt64, engine: Engine) {
    self.init(graph, seed: seed, engine: engine, fused: true)
  }

  /// - Parameter fused: false to run every node separately, as the reference for fused steps
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

  /// An independent copy with the same weights, gradients, momentum and channels, on another
  /// engine. The profile is not copied.
  public func copy(on engine: Engine) -> Network { Network(copying: self, on: engine) }

  public var graph: Graph { structure.graph }

  /// Channels, rows and columns of an image.
  public var input: PlaneShape { graph.input.planes(images: 1) }
  public var classes: Int { graph.classes }

  /// Whether residual streams are pruned, too: criteria other than relevance may score the layers
  /// that start them.
  public var prunesStreams: Bool {
    get { structure.prunesStreams }
    set { structure.prunesStreams = newValue }
  }

  func makeRun(
    _ mode: ForwardMode, precision: Precision = .float32, method: ConvolutionMethod = .fastest
  ) -> Run {
    var run = Run(engine: engine, mode: mode, precision: precision)
    run.method = method
    run.profile = profile
    if let recomputationThreshold { run.recomputationThreshold = recomputationThreshold }
    return run
  }

  func executor() -> Executor { Executor(plan: plan, parameters: store, generation: generation) }

  // MARK: Passes

  /// Logits `[images, classes]` with running statistics.
  ///
  /// - Parameters:
  ///   - images: `[channels, images, rows, columns]`
  ///   - precision: of the activations
  ///   - method: ``ConvolutionMethod/precise`` to compare with values computed elsewhere
  public func evaluate(
    _ images: Planes, precision: Precision = .float32, method: ConvolutionMethod = .fastest
  ) -> Tensor {
    var run = makeRun(.evaluation, precision: precision, method: method)
    return engine.flatten(executor().forward(images, &run).output)
  }

  /// A forward pass of training, which updates the running statistics.
  public struct TrainingPass {
    /// `[images, classes]`
    public let logits: Tensor
    let precision: Precision
    let tape: Tape
  }

  /// - Parameters:
  ///   - images: `[channels, images, rows, columns]`
  ///   - dropout: random stream of dropout; nil for no dropout
  ///   - precision: of the activations, and of their gradients in the backward pass
  ///   - method: ``ConvolutionMethod/precise`` to compare with values computed elsewhere: if
  ///     rounding moves a value to the other side of a ReLU's kink, gradients change by far more
  ///     than the rounding
  public func train(
    _ images: Planes, dropout: RandomStream? = nil, precision: Precision = .float32,
    method: ConvolutionMethod = .fastest
  ) -> TrainingPass {
    var run = makeRun(.training, precision: precision, method: method)
    run.dropout = dropout
    let (output, tape) = executor().forward(images, &run)
    return TrainingPass(logits: engine.flatten(output), precision: precision, tape: tape)
  }

  /// Sets the gradient of every parameter from the gradient of the logits of a pass.
  ///
  /// - Precondition: no channels were removed since the pass.
  public func backward(_ pass: consuming TrainingPass, _ logitsGradient: Tensor) {
    var run = makeRun(.training, precision: pass.precision)
    let gradient = Planes(uninitialized: graph.shape(graph.output).planes(images: pass.tape.images))
    engine.unflatten(logitsGradient, into: gradient)
    executor().backward(gradient, pass.tape, &run)
  }

  // MARK: Channels

  /// Removes channels from weights, batch norm, momentum, and the inputs of the layers that read
  /// them.
  ///
  /// The network then computes the same as before with the outputs of those channels set to zero.
  ///
  /// - Parameter channels: by group, streams included, indices of channels in the original network.
  ///   Indices of removed or unknown channels are ignored; the last channel of a layer is never
  ///   removed.
  public func remove(channels: [String: Set<Int>]) { apply(structure.remove(channels: channels)) }

  /// Keeps exactly these channels, by their index in the original network; other groups keep all
  /// channels.
  public func keep(channels: [String: [Int]]) { apply(structure.keep(channels: channels)) }

  /// Declares the current channels to be those from which a training starts.
  func markStart() { structure.markStart() }

  private func apply(_ slices: [Int: [ParameterSlice]]) {
    for (node, own) in slices { store.keep(own, of: node) }
    plan = ExecutionPlan(graph, fused: isFused)
    generation += 1
  }

  public var channelGroups: [ChannelGroup] { structure.channelGroups }
  public var streamGroups: [ChannelGroup] { structure.streamGroups }
  public var prunableChannels: Int { structure.prunableChannels }

  // MARK: Cost

  /// Parameters and MACs of the current network.
  public func cost() -> Cost { structure.cost }
  /// A row for each layer that has weights, in forward order.
  public func layers() -> [LayerSummary] { structure.layers }
}
