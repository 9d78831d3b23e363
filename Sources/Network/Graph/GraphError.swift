/// Why a layer does not fit its position in a graph.
public enum GraphError: Error, Equatable, CustomStringConvertible {
  /// A window is larger than its padded input.
  case windowTooLarge(window: Int, padding: Int, input: FeatureShape)
  /// A pooling window could contain only padding.
  case poolPadding(window: Int, padding: Int)
  /// The number of groups does not divide the number of input or output channels.
  case groups(Int, inputs: Int, outputs: Int)
  /// Values that must have the same shape have different ones.
  case shapes([FeatureShape], expected: String)
  /// A channel list has channels that the sum does not have, or does not have one entry per channel
  /// of its operand.
  case channelList(count: Int, operand: FeatureShape, sum: Int)
  /// Weights, or a value, have more elements than can be counted safely.
  case tooLarge(String)

  public var description: String {
    switch self {
    case .windowTooLarge(let window, let padding, let input):
      "a window of \(window) x \(window) with padding \(padding) does not fit into \(input)"
    case .poolPadding(let window, let padding):
      "a padding of \(padding) is more than half of the window of \(window)"
    case .groups(let groups, let inputs, let outputs):
      "\(groups) groups do not divide \(inputs) input channels and \(outputs) output channels"
    case .shapes(let shapes, let expected):
      "\(expected), found " + shapes.map(\.description).joined(separator: " and ")
    case .channelList(let count, let operand, let sum):
      "a list of \(count) channels does not place \(operand) among the \(sum) channels of the sum"
    case .tooLarge(let what): "\(what) has too many elements"
    }
  }
}
