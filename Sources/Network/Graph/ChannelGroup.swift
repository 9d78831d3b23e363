/// Channels that can be removed: the output channels of one convolution, the units of one hidden linear layer, or the
/// channels of a residual stream, together with everything that reads them.
public struct ChannelGroup: Equatable, Sendable {
  public enum Kind: String, Sendable { case convolution, hiddenUnits, stream }

  /// Name of the layer that makes the channels, or of the stream: `layer1.0.conv1`, `classifier.0`, `stream.0`.
  public let name: String
  public let kind: Kind
  public let originalCount: Int
  /// Which of the original channels are left, ascending.
  public let kept: [Int]
  /// Layers whose outputs these channels are: one, or all that share a stream.
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
