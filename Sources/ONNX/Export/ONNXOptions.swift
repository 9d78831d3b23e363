/// How a network is written as an ONNX file.
public struct ONNXOptions: Equatable, Sendable {
  /// The version of the operators.
  public var opset: Int
  /// Whether to fold batch norm into the convolution before it.
  public var foldsBatchNorm: Bool
  /// Every width is filled up to a multiple of this by channels of zeros; 1 leaves widths as they
  /// are.
  public var padChannels: Int
  /// Images of a batch; nil for any number.
  public var batch: Int?

  public init(opset: Int = 17, foldsBatchNorm: Bool = false, padChannels: Int = 4, batch: Int? = nil) {
    self.opset = opset
    self.foldsBatchNorm = foldsBatchNorm
    self.padChannels = padChannels
    self.batch = batch
  }

  /// Versions that can be written.
  public static let opsets = 13...21

  /// The smallest version of the file format that the opset allows, as the table of releases in
  /// ONNX's docs/Versioning.md has it: runtimes refuse files of a newer one.
  var irVersion: Int {
    switch opset {
    case ...14: 7
    case ...18: 8
    case ...20: 9
    default: 10
    }
  }
}
