import Compute
import Foundation
import Network
import ONNX
import Specification
import TensorFiles

/// Export of a trained network as an ONNX file, optionally with test data.
struct ONNXExport {
  let network: Network
  let spec: ExportSpec.ONNXSpec
  let metadata: [String: String]
  /// For a quantized file.
  let calibration: Calibration?

  /// What is known of a network's values.
  struct Calibration {
    /// The range of each value.
    var ranges: [ClosedRange<Float>]
    /// Number of images that the ranges are those of.
    var images: Int
  }

  /// The folder of test data, next to the file.
  static let testData = "test_data_set_0"

  /// Writes the file, and the folder `test_data_set_0` next to it.
  ///
  /// - Parameter writing: how the file itself is written
  /// - Returns: the file's MACs for one image
  /// - Throws: ``ONNXError`` for a network that cannot be exported, `TensorFileError` if the file
  ///   cannot be written.
  func write(
    to path: String,
    by writing: (_ bytes: [UInt8], _ path: String) throws(TensorFileError) -> Void = DurableFile.write
  ) throws -> Int {
    let options = ONNXOptions(
      opset: spec.opset, foldsBatchNorm: spec.foldsBatchNorm, padChannels: spec.padChannels,
      batch: spec.batch)
    var metadata = metadata
    if let calibration { metadata[ModelMetadata.calibrationImages] = "\(calibration.images)" }
    let model = try ONNXModel(network, options, ranges: calibration?.ranges, metadata: metadata)
    try writing(model.bytes, path)
    if spec.testImages > 0 {
      let folder = URL(filePath: path).deletingLastPathComponent().appending(path: Self.testData).path
      try DurableFile.makeFolder(folder)
      let data = try ONNXTestData(network, images: spec.batch ?? spec.testImages)
      try DurableFile.write(data.input, to: folder + "/input_0.pb")
      try DurableFile.write(data.output, to: folder + "/output_0.pb")
    }
    return model.macs
  }
}
