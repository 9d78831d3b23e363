import Compute

/// An operation is one kind of computation in a graph, with its options: a value without weights
/// and state.
///
/// Each operation is one file: shapes, tensors, cost, tied channels, forward, backward and
/// relevance side by side.
public protocol Operation: Sendable {
  /// Data that the forward pass saves for the backward pass, besides inputs and output.
  associatedtype Saved: Sendable

  /// - Throws: ``GraphError`` when the inputs' shapes do not fit the operation or each other.
  func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape

  /// The operation's tensors: trained ones first, then running statistics.
  func parameters(_ inputs: [FeatureShape]) -> [ParameterShape]

  /// Multiply-accumulates for one image; only convolutions and linear layers have any.
  func macs(_ inputs: [FeatureShape]) -> Int

  /// Declares which channels of the inputs and of the output are removed together.
  func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies)

  /// The operation with only the remaining channels of its inputs and output, and the slices of its
  /// tensors.
  func keeping(_ kept: KeptPositions, _ inputs: [FeatureShape]) -> (operation: Self, slices: [ParameterSlice])

  /// Whether the output has no negative element; `inputs` says the same of the inputs.
  func isNonNegative(_ inputs: [Bool]) -> Bool

  /// Values that the backward pass reads in addition to the saved data.
  var backwardNeeds: SavedValues { get }
  var relevanceNeeds: SavedValues { get }

  /// Computes the output, in new planes.
  ///
  /// - Parameters:
  ///   - x: the inputs, `[channels, images, rows, columns]`
  ///   - tensors: as ``parameters(_:)`` lists them
  func forward(_ x: [Planes], _ tensors: [Parameter], _ run: inout Run) -> (output: Planes, saved: Saved)

  /// Sets the gradients of the tensors, and adds the gradients of the inputs that need one.
  ///
  /// - Parameter dy: the gradient of the output, which may be overwritten or passed on
  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Saved, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run)

  /// Adds the relevance of the inputs that need it.
  ///
  /// - Parameter r: the relevance of the output, which may be overwritten or passed on
  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Saved, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run)
}

/// Values that the backward pass reads.
public struct SavedValues: OptionSet, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  public static let inputs = SavedValues(rawValue: 1)
  public static let output = SavedValues(rawValue: 2)
}

/// Channels to keep, by ascending index among the current channels of a node's inputs and output.
public struct KeptPositions: Sendable {
  public let inputs: [[Int]]
  public let output: [Int]
}

/// An operation without tensors that processes each channel separately.
protocol ChannelwiseOperation: Operation {}

/// An operation that passes relevance unchanged to its first input.
protocol RelevancePassing: Operation {}

extension Operation {
  public func parameters(_ inputs: [FeatureShape]) -> [ParameterShape] { [] }
  public func macs(_ inputs: [FeatureShape]) -> Int { 0 }
  public var relevanceNeeds: SavedValues { backwardNeeds }
}

extension ChannelwiseOperation {
  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {
    for input in node.inputs { ties.same(input, node.output, channels: node.shape(node.output).channels) }
  }

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Self, slices: [ParameterSlice]) { (self, []) }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }
}

extension RelevancePassing {
  public var relevanceNeeds: SavedValues { [] }

  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Saved, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    rx.add(r, to: 0)
  }
}
