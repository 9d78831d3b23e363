import Compute

/// One kind of computation in a graph, with its options: a value without weights and without state.
///
/// Each operation is one file: shapes, tensors, cost, tied channels, forward, backward and
/// relevance side by side. ``OperationRegistry`` lists them.
public protocol Operation: Sendable {
  /// What the forward pass keeps for the way back, besides inputs and output.
  associatedtype Saved: Sendable

  /// - Throws: ``GraphError`` when the inputs' shapes do not fit the operation or each other.
  func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape

  /// The operation's tensors: trained ones first, running statistics behind them.
  func parameters(_ inputs: [FeatureShape]) -> [ParameterShape]

  /// Multiply-accumulates for one image; only convolutions and linear layers have any.
  func macs(_ inputs: [FeatureShape]) -> Int

  /// Says which channels of the inputs and of the output are removed together.
  func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies)

  /// The operation when only some channels of its inputs and its output are left, and the slices of
  /// its tensors.
  func keeping(_ kept: KeptPositions, _ inputs: [FeatureShape]) -> (operation: Self, slices: [ParameterSlice])

  /// Whether the output is nowhere negative; `inputs` says the same of the inputs.
  func isNonNegative(_ inputs: [Bool]) -> Bool

  /// What the way back reads besides what was saved.
  var backwardNeeds: SavedValues { get }
  var relevanceNeeds: SavedValues { get }

  /// Computes the output, planes of its own.
  ///
  /// - Parameters:
  ///   - x: the inputs, `[channels, images, rows, columns]`
  ///   - tensors: as ``parameters(_:)`` lists them
  func forward(_ x: [Planes], _ tensors: [Parameter], _ run: inout Run) -> (output: Planes, saved: Saved)

  /// Sets the gradients of the tensors and adds the gradients of the inputs that are wanted.
  ///
  /// - Parameter dy: the output's gradient, which may be overwritten or handed on
  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Saved, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run)

  /// Adds the relevance of the inputs that is wanted.
  ///
  /// - Parameter r: the output's relevance, which may be overwritten or handed on
  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Saved, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run)
}

/// Values that the way back reads.
public struct SavedValues: OptionSet, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  public static let inputs = SavedValues(rawValue: 1)
  public static let output = SavedValues(rawValue: 2)
}

/// Positions among the channels that a node's inputs and its output have now, ascending, that are
/// kept.
public struct KeptPositions: Sendable {
  public let inputs: [[Int]]
  public let output: [Int]
}

/// An operation without tensors that treats each channel alone.
protocol ChannelwiseOperation: Operation {}

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

extension Operation where Saved == Void {
  static var nothing: Void { () }
}
