import Compute

/// A layer between planes: what comes before a network's classifier is a list of these.
///
/// A layer owns what it takes from the context's pool until the pass back has used it. The planes that `forward`
/// returns stay the layer's own while activations are kept, and become the caller's in an evaluation pass.
protocol FeatureLayer: AnyObject {
  /// The convolutions in the order in which data meets them; a block's projection shortcut comes last.
  var units: [ConvolutionUnit] { get }

  /// A layer with the same parameters, not copies of them, and nothing kept.
  func replica() -> Self

  func forward(_ input: Planes, _ context: Context) -> Planes

  /// Sets the gradients of all parameters and returns the gradient of the input where it is wanted.
  ///
  /// Takes over `outputGradient`, and gives back what `forward` kept.
  func backward(_ outputGradient: Planes, wantsInputGradient: Bool, _ context: Context) -> Planes?

  /// Relevance of the input from the relevance of the output.
  ///
  /// Tells `record` the relevance that belongs to each convolution inside (its name, planes of the channels that it has left).
  /// Takes over `relevance`, and gives back what `forward` kept.
  func relevance(
    _ relevance: Planes, wantsInput: Bool, _ context: Context, record: (String, Planes) -> Void
  ) -> Planes?

  /// What `forward` kept, in order, for finding the first value that is not finite.
  var keptActivations: [(name: String, planes: Planes)] { get }

  /// Gives back what `forward` kept, when there will be no pass back.
  func release(_ context: Context)

  /// Whether the backward pass reads the input of `forward`.
  var needsInput: Bool { get }

  /// Gives the output of `forward` back in a training pass, since nothing will read it any more.
  func releaseOutput(_ context: Context)
}

extension FeatureLayer {
  var needsInput: Bool { true }

  func releaseOutput(_ context: Context) {}
}
