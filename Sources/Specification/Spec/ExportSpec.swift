/// The forms in which the trained models are written.
public struct ExportSpec: Equatable, Sendable {
  public var formats: [String]
  public var onnx: ONNXSpec

  /// How ONNX files are written.
  public struct ONNXSpec: Equatable, Sendable {
    /// The version of the operators.
    public var opset: Int
    /// Whether to fold batch norm into the convolution before it.
    public var foldsBatchNorm: Bool
    /// Every width is filled up to a multiple of this; 1 leaves widths as they are.
    public var padChannels: Int
    /// Images of a batch; nil for any number.
    public var batch: Int?
    /// Images in the test data beside the file; 0 for none.
    public var testImages: Int
    /// Training images that the ranges of values are taken from, for a file that computes in 8-bit
    /// integers; nil for one that computes in floats.
    public var calibrationImages: Int?

    public init(
      opset: Int = 17, foldsBatchNorm: Bool = false, padChannels: Int = 4, batch: Int? = nil,
      testImages: Int = 0, calibrationImages: Int? = nil
    ) {
      self.opset = opset
      self.foldsBatchNorm = foldsBatchNorm
      self.padChannels = padChannels
      self.batch = batch
      self.testImages = testImages
      self.calibrationImages = calibrationImages
    }
  }

  public init(formats: [String] = ["safetensors"], onnx: ONNXSpec = ONNXSpec()) {
    self.formats = formats
    self.onnx = onnx
  }
}
