/// `export`: its keys, how they become an ``ExportSpec`` and back.
struct ExportSection: Sendable {
  let formats = Field(
    "formats", .list(of: .choice(["safetensors", "onnx"], "format"), isUnique: true),
    default: ExportSpec().formats, "File formats of the trained models.")
  let onnx = ONNXSection()

  var keys: [Key] { [formats.key, .mapping(onnx.name, onnx.keys, "How ONNX files are written.")] }

  func read(_ mapping: MappingReader) -> ExportSpec? {
    let formats = mapping[formats]
    let onnx = mapping.mapping(onnx.name, onnx.keys).flatMap(onnx.read)
    guard let formats, let onnx else { return nil }
    return ExportSpec(formats: formats, onnx: onnx)
  }

  /// The ONNX options are omitted if no ONNX files are written.
  func write(_ spec: ExportSpec) -> JSON {
    let isUsed = spec.formats.contains(onnx.name) || spec.onnx != ExportSpec.ONNXSpec()
    return .object([formats.entry(spec.formats)] + (isUsed ? [(onnx.name, onnx.write(spec.onnx))] : []))
  }
}

/// `export.onnx`.
struct ONNXSection: Sendable {
  private typealias Spec = ExportSpec.ONNXSpec

  let name = "onnx"
  let opset = Field(
    "opset", .wholeNumber(13...21), default: Spec().opset,
    "Operator set version; the file's IR version is the lowest that allows it.")
  let foldsBatchNorm = Field(
    "fold_batch_norm", .boolean, default: Spec().foldsBatchNorm,
    "Whether to fold batch norm into the convolution before it.")
  let padChannels = Field(
    "pad_channels", .wholeNumber(1...256), default: Spec().padChannels,
    "Pads channels to a multiple of this with zero filters, as runtimes are slow at odd widths; 1: none.")
  let batch = Field(
    "batch", .optional(.wholeNumber(1...65_536), or: "dynamic"), default: .some(nil),
    "Batch size; `dynamic`: any.")
  let testImages = Field(
    "test_images", .wholeNumber(0...1_000), default: Spec().testImages,
    "Random images with their logits, written to `test_data_set_0` next to the file.")

  private let calibrationImages = Field(
    "images", .wholeNumber(1...1_000_000_000), default: 512,
    "Training images that calibrate the value ranges; all if there are fewer.")
  private let quantize = "quantize"

  var keys: [Key] {
    [
      opset.key, foldsBatchNorm.key, padChannels.key, batch.key, testImages.key,
      Key(
        name: quantize,
        summary: "Quantize to 8-bit integers, batch norm folded: `none`, or the calibration images.",
        defaultValue: .string("none"),
        shape: .wordOrMapping("none", Key.Mapping(keys: [calibrationImages.key]))
      ),
    ]
  }

  func read(_ mapping: MappingReader) -> ExportSpec.ONNXSpec? {
    let opset = mapping[opset]
    let foldsBatchNorm = mapping[foldsBatchNorm]
    let padChannels = mapping[padChannels]
    let batch = mapping[batch]
    let testImages = mapping[testImages]
    let images = readQuantization(mapping)
    guard let opset, let foldsBatchNorm, let padChannels, let batch, let testImages, let images else {
      return nil
    }
    if images != nil, testImages > 0 {
      mapping.report(
        self.testImages.name,
        "the logits of the test data are those of floats, which a file with `quantize` does not compute; "
          + "leave one of the two out")
      return nil
    }
    return Spec(
      opset: opset, foldsBatchNorm: foldsBatchNorm, padChannels: padChannels, batch: batch,
      testImages: testImages, calibrationImages: images)
  }

  /// The number of images; `.some(nil)` for `none`, nil after an error.
  private func readQuantization(_ mapping: MappingReader) -> Int?? {
    guard let quantization = mapping.mappingOrNone(quantize, [calibrationImages.key]) else { return nil }
    guard let quantization else { return .some(nil) }
    return quantization[calibrationImages].map { .some($0) }
  }

  func write(_ spec: ExportSpec.ONNXSpec) -> JSON {
    var entries = [
      opset.entry(spec.opset), foldsBatchNorm.entry(spec.foldsBatchNorm),
      padChannels.entry(spec.padChannels), batch.entry(.some(spec.batch)), testImages.entry(spec.testImages),
    ]
    // Omitted if it is the default, so that older experiments keep their text.
    if let images = spec.calibrationImages {
      entries.append((quantize, .object([calibrationImages.entry(images)])))
    }
    return .object(entries)
  }
}
