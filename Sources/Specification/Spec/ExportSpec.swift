/// File formats and options for the trained models.
public struct ExportSpec: Equatable, Sendable {
  public var formats: [String]
  public var onnx: ONNXSpec

  /// How ONNX files are written.
  public struct ONNXSpec: Equatable, Sendable {
    /// The operator set version.
    public var opset: Int
    /// Whether to fold batch norm into the convolution before it.
    public var foldsBatchNorm: Bool
    /// Channels are padded to a multiple of this; 1 for no padding.
    public var padChannels: Int
    /// Batch size; nil for any.
    public var batch: Int?
    /// Number of images in the test data next to the file; 0 for none.
    public var testImages: Int
    /// Number of training images that calibrate the value ranges of an 8-bit file; nil for a float
    /// file.
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
