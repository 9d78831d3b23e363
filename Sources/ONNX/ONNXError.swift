/// Why a network cannot be written as ONNX, or an ONNX file cannot be read.
public struct ONNXError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, if one is read.
  public var file: String?
  /// The node and its operator: `/layer1/conv (ConvTranspose)`.
  public var node: String?
  public var problem: String
  /// Advice, without a capital and a full stop.
  public var advice: String?

  public init(file: String? = nil, node: String? = nil, problem: String, advice: String? = nil) {
    self.file = file
    self.node = node
    self.problem = problem
    self.advice = advice
  }

  public var description: String {
    [file, node.map { "node \($0)" }, problem + (advice.map { "; \($0)" } ?? "")].compactMap(\.self)
      .joined(separator: ": ")
  }
}
