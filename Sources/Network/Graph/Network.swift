import Compute

/// A convolutional network: features on planes, then a classifier on vectors.
///
/// The network holds its parameters, runs forward, backward and relevance passes on an engine, and can lose channels
/// for good. It is built by an architecture (see the Architectures target) with a `NetworkBuilder`.
public final class Network {
  /// How the last planes become the classifier's vectors.
  enum Head { case globalAverage, flatten }

  public let engine: Engine
  /// Channels, rows and columns of an input image.
  public let input: PlaneShape
  public let classes: Int

  let features: [any FeatureLayer]
  let head: Head
  let classifier: [Linear]
  let context: Context

  /// What the last pass that keeps activations gave to the classifier.
  var headInput: Planes?

  /// Whether residual streams lose channels, too: criteria then score the layers that start them.
  public var prunesStreams = false

  init(
    engine: Engine, input: PlaneShape, classes: Int, features: [any FeatureLayer], head: Head,
    classifier: [Linear]
  ) {
    self.engine = engine
    self.input = input
    self.classes = classes
    self.features = features
    self.head = head
    self.classifier = classifier
    context = Context(engine: engine)
  }

  /// A network with the same parameters, not copies of them, that can run on a thread of its own while nothing changes them.
  init(sharingParametersOf other: Network, engine: Engine) {
    self.engine = engine
    input = other.input
    classes = other.classes
    features = other.features.map { $0.replica() }
    head = other.head
    classifier = other.classifier.map { Linear(sharingParametersOf: $0) }
    context = Context(engine: engine)
    prunesStreams = other.prunesStreams
  }

  /// Gathers how long layers take from now on, where one is set.
  public var profile: LayerProfile? {
    get { context.profile }
    set { context.profile = newValue }
  }

  var units: [ConvolutionUnit] { features.flatMap(\.units) }

  // MARK: Forward

  /// Logits `[images, classes]` of images `[channels, images, rows, columns]`.
  ///
  /// - Parameters:
  ///   - images: as many values as the shape of `input` has for `count` images.
  ///   - dropout: where training's dropout draws from; nil drops nothing.
  ///   - method: ``ConvolutionMethod/precise`` to compare with values computed elsewhere: a value that another rounding
  ///     puts on the other side of a ReLU's kink moves gradients by far more than the rounding itself.
  public func forward(
    _ images: [Float], count: Int, pass: Pass, dropout: RandomStream? = nil,
    method: ConvolutionMethod = .fastest
  ) -> Tensor {
    release()
    context.pass = pass
    context.method = method
    context.dropout = dropout
    let shape = PlaneShape(channels: input.channels, images: count, rows: input.rows, columns: input.columns)
    if inputPlanes?.shape != shape {
      context.pool.clear()
      inputPlanes = Planes(shape)
    }
    guard let inputPlanes else { return Tensor(shape: [0, classes]) }
    inputPlanes.load(dense: images)
    return classify(extractFeatures(inputPlanes))
  }

  private var inputPlanes: Planes?

  private func extractFeatures(_ images: Planes) -> Planes {
    var planes = images
    var before: (any FeatureLayer)?
    for (index, layer) in features.enumerated() {
      context.relevanceGoesOn = wantsInputRelevance(index)
      let next = layer.forward(planes, context)
      if !context.keepsActivations && planes !== images { context.pool.give(planes) }
      if !layer.needsInput { before?.releaseOutput(context) }
      planes = next
      before = layer
    }
    return planes
  }

  private func classify(_ planes: Planes) -> Tensor {
    var vectors =
      switch head {
      case .globalAverage: engine.globalAveragePool(planes)
      case .flatten: engine.flatten(planes)
      }
    if context.keepsActivations { headInput = planes } else { context.pool.give(planes) }
    for layer in classifier { vectors = layer.forward(vectors, context) }
    return vectors
  }

  // MARK: Backward

  /// Sets the gradient of every parameter from the gradient of the logits of the last training pass.
  public func backward(_ logitsGradient: Tensor) {
    guard let headInput else { return }
    var vectors = logitsGradient
    for layer in classifier.reversed() { vectors = layer.backward(vectors, context) }
    var gradient = context.pool.take(headInput.shape)
    switch head {
    case .globalAverage: engine.globalAveragePoolGradient(vectors, into: gradient)
    case .flatten: engine.unflatten(vectors, into: gradient)
    }
    self.headInput = nil
    for (index, layer) in features.enumerated().reversed() {
      guard let next = layer.backward(gradient, wantsInputGradient: index > 0, context) else { break }
      gradient = next
    }
  }

  /// Gives back what a training or relevance pass kept.
  public func release() {
    for layer in features { layer.release(context) }
    for layer in classifier { layer.release() }
    headInput = nil
  }
}
