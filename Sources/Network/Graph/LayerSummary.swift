/// One row of the layer table: a layer's size and cost as it stands.
public struct LayerSummary: Equatable, Sendable {
  public enum Kind: String, Sendable { case convolution, linear }

  public let name: String
  public let kind: Kind
  public let inputs: Int
  public let channels: Int
  /// Whether the channels may be removed.
  public let isPrunable: Bool
  /// Batch norm behind a convolution counted in.
  public let cost: Cost
}
