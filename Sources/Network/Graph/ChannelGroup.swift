/// Channels that can be removed: the output channels of one convolution, or the units of one hidden linear layer,
/// together with everything that reads them.
public struct ChannelGroup: Equatable, Sendable {
  public enum Kind: String, Sendable { case convolution, hiddenUnits }

  /// Name of the layer that makes the channels: `layer1.0.conv1`, `classifier.0`.
  public let name: String
  public let kind: Kind
  public let originalCount: Int
  /// Which of the original channels are left, ascending.
  public let kept: [Int]

  public init(name: String, kind: Kind, originalCount: Int, kept: [Int]) {
    self.name = name
    self.kind = kind
    self.originalCount = originalCount
    self.kept = kept
  }
}
