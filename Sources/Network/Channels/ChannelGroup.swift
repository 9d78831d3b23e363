/// Channels that can be removed one by one, each together with everything that computes or reads
/// it.
///
/// A grouped convolution ties channels of a layer to each other. An index then stands for a set of
/// ``width`` channels of the layer, and the counts are those of the sets.
public struct ChannelGroup: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case convolution
    /// Units that only linear layers compute.
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
  /// Channels of the first layer that are removed together; the fewest if sets differ.
  public let width: Int
  /// Layers whose outputs these channels are, in forward order.
  ///
  /// Those of a stream include the last convolutions of its branches, which are groups of their
  /// own, too, since they can lose channels that the stream keeps.
  public let members: [String]

  /// - Parameter members: by default the layer with this name.
  public init(
    name: String, kind: Kind, originalCount: Int, kept: [Int], width: Int = 1, members: [String]? = nil
  ) {
    self.name = name
    self.kind = kind
    self.originalCount = originalCount
    self.kept = kept
    self.width = width
    self.members = members ?? [name]
  }
}
