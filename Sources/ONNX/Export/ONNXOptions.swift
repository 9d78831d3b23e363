/// Options of the ONNX export.
public struct ONNXOptions: Equatable, Sendable {
  /// The operator set version.
  public var opset: Int
  /// Whether to fold batch norm into the convolution before it.
  public var foldsBatchNorm: Bool
  /// Channels are padded to a multiple of this with zero channels; 1 for no padding.
  public var padChannels: Int
  /// Batch size; nil for any.
  public var batch: Int?

  public init(opset: Int = 17, foldsBatchNorm: Bool = false, padChannels: Int = 4, batch: Int? = nil) {
    self.opset = opset
    self.foldsBatchNorm = foldsBatchNorm
    self.padChannels = padChannels
    self.batch = batch
  }

  /// The lowest IR version for the opset, by the table of releases in ONNX's docs/Versioning.md,
  /// since runtimes reject newer versions.
  var irVersion: Int {
    switch opset {
    case ...14: 7
    case ...18: 8
    case ...20: 9
    default: 10
    }
  }
}
