/// Channels that can be removed one by one, each with everything that makes or reads it.
public struct ChannelGroup: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case convolution
    /// The units of a linear layer.
    case hiddenUnits
    /// The channels that run past the branches of residual blocks.
    case stream
  }

  /// The layer that makes the channels first, or a stream's name: `layer1.0.conv1`, `classifier.0`,
  /// `stream.0`.
  public let name: String
  public let kind: Kind
  public let originalCount: Int
  /// Which of the original channels are left, ascending.
  public let kept: [Int]
  /// Layers whose outputs these channels are, in the order of data.
  ///
  /// Those of a stream include the last convolutions of its branches, which are groups of their
  /// own, too, since they can lose channels that the stream keeps.
  public let members: [String]

  /// - Parameter members: the layer of that name if not given.
  public init(name: String, kind: Kind, originalCount: Int, kept: [Int], members: [String]? = nil) {
    self.name = name
    self.kind = kind
    self.originalCount = originalCount
    self.kept = kept
    self.members = members ?? [name]
  }
}
