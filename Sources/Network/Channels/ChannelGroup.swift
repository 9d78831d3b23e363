/// Channels that can be removed one by one, each together with everything that computes or reads
/// it.
public struct ChannelGroup: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case convolution
    /// The units of a linear layer.
    case hiddenUnits
    /// The channels of a residual stream.
    case stream
  }

  /// The first layer that computes the channels, or the name of a stream: `layer1.0.conv1`,
  /// `classifier.0`, `stream.0`.
  public let name: String
  public let kind: Kind
  public let originalCount: Int
  /// Original indices of the remaining channels, ascending.
  public let kept: [Int]
  /// Layers whose outputs these channels are, in forward order.
  ///
  /// Those of a stream include the last convolutions of its branches, which are groups of their
  /// own, too, since they can lose channels that the stream keeps.
  public let members: [String]

  /// - Parameter members: by default the layer with this name.
  public init(name: String, kind: Kind, originalCount: Int, kept: [Int], members: [String]? = nil) {
    self.name = name
    self.kind = kind
    self.originalCount = originalCount
    self.kept = kept
    self.members = members ?? [name]
  }
}
