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

  private var headInput: Planes?

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

  // MARK: Relevance

  /// Relevance of every prunable channel for each image, `[images, channels]`, by channel group.
  ///
  /// Starts from R = 1 at the true class before the softmax. A channel's relevance is the mean over its pixels.
  /// Layer-wise relevance propagation as in arXiv 2002.09958, section III.
  public func relevances(
    _ images: [Float], labels: [Int], rule: RelevanceRule = .standard
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    context.rule = rule
    guard labels.count > imagesAtATime else { return relevancesAtOnce(images, labels: labels) }
    precondition(
      images.count == labels.count * input.channels * input.rows * input.columns,
      "\(images.count) values are not \(labels.count) images of \(input)")
    let parts = stride(from: 0, to: labels.count, by: imagesAtATime).map { first in
      let own = first..<min(labels.count, first + imagesAtATime)
      return relevancesAtOnce(select(own, of: images, count: labels.count), labels: Array(labels[own]))
    }
    let layers = parts.first.map { Array($0.relevances.keys) } ?? []
    return (
      Tensor(joining: parts.map(\.logits)),
      Dictionary(
        uniqueKeysWithValues: layers.map { layer in
          (layer, Tensor(joining: parts.compactMap { $0.relevances[layer] }))
        })
    )
  }

  /// Three planes are kept of each layer, and so fewer images than in a training step.
  private var imagesAtATime: Int { max(4, min(64, (64 << 10) / max(1, input.rows * input.columns))) }

  /// Some of `count` images `[channels, images, rows, columns]`.
  private func select(_ own: Range<Int>, of images: [Float], count: Int) -> [Float] {
    let pixels = input.rows * input.columns
    return (0..<input.channels).flatMap { channel in
      images[(channel * count + own.lowerBound) * pixels..<(channel * count + own.upperBound) * pixels]
    }
  }

  private func relevancesAtOnce(
    _ images: [Float], labels: [Int]
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    let logits = forward(images, count: labels.count, pass: .relevance)
    var vectors = Tensor(shape: [labels.count, classes])
    for (image, label) in labels.enumerated() { vectors.values[image * classes + label] = 1 }
    var found: [String: Tensor] = [:]
    for layer in classifier.reversed() {
      if layer.isPrunable { found[layer.name] = vectors }
      vectors = layer.relevance(vectors, context)
    }
    propagateRelevance(vectors) { name, planes in found[name] = self.engine.imageMeans(planes) }
    release()
    return (logits, found)
  }

  private func propagateRelevance(_ vectors: Tensor, record: (String, Planes) -> Void) {
    guard let headInput, features.contains(where: \.isScored) else { return }
    var relevance = relevanceBeforeHead(vectors, headInput)
    self.headInput = nil
    for (index, layer) in features.enumerated().reversed() {
      guard
        let next = layer.relevance(
          relevance, wantsInput: wantsInputRelevance(index), context, record: record)
      else { break }
      relevance = next
    }
  }

  /// Not at the layers before the first one that is scored.
  private func wantsInputRelevance(_ index: Int) -> Bool {
    features[..<index].contains(where: \.isScored)
  }

  /// Average pooling: R_in = a * R / (mean a + 1e-9) at every pixel of the window.
  private func relevanceBeforeHead(_ vectors: Tensor, _ activation: Planes) -> Planes {
    let result = context.pool.take(activation.shape)
    guard head == .globalAverage else {
      engine.unflatten(vectors, into: result)
      return result
    }
    let means = engine.globalAveragePool(activation)
    var quotients = vectors
    for index in quotients.values.indices {
      quotients.values[index] /= means.values[index] + RelevanceRule.stabilizer
    }
    let spread = context.pool.take(activation.shape)
    engine.globalAveragePoolGradient(quotients, into: spread)
    let nothing = Planes(activation.shape)
    // The gradient of a mean divides by the window's pixels; relevance does not.
    engine.combine(
      activation: activation, positive: spread,
      alpha: Float(activation.shape.rows * activation.shape.columns),
      negative: nothing, beta: 0, into: result)
    context.pool.give(spread)
    return result
  }
}

extension Tensor {
  /// Rows of tensors with as many columns, one after the other.
  fileprivate init(joining parts: [Tensor]) {
    self.init(
      shape: [parts.reduce(0) { $0 + $1.shape[0] }, parts.first?.shape[1] ?? 0],
      values: parts.flatMap(\.values))
  }
}

extension FeatureLayer {
  /// Whether relevance is wanted here: not at the stem of a residual network.
  fileprivate var isScored: Bool { units.contains { $0.role != .fixed } }
}
