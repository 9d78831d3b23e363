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

  /// How ONNX files are written is left out where there are none.
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
    "Version of the operators; the file's own version is the smallest that it allows.")
  let foldsBatchNorm = Field(
    "fold_batch_norm", .boolean, default: Spec().foldsBatchNorm,
    "Whether batch norm becomes part of the convolution before it.")
  let padChannels = Field(
    "pad_channels", .wholeNumber(1...256), default: Spec().padChannels,
    "Fills every width up to a multiple with filters of zeros, as runtimes compute odd ones slowly; 1: none.")
  let batch = Field(
    "batch", .optional(.wholeNumber(1...65_536), or: "dynamic"), default: .some(nil),
    "Images of a batch; `dynamic`: any number.")
  let testImages = Field(
    "test_images", .wholeNumber(0...1_000), default: Spec().testImages,
    "Random images, with their logits, in the folder `test_data_set_0` beside the file.")

  var keys: [Key] { [opset.key, foldsBatchNorm.key, padChannels.key, batch.key, testImages.key] }

  func read(_ mapping: MappingReader) -> ExportSpec.ONNXSpec? {
    let opset = mapping[opset]
    let foldsBatchNorm = mapping[foldsBatchNorm]
    let padChannels = mapping[padChannels]
    let batch = mapping[batch]
    let testImages = mapping[testImages]
    guard let opset, let foldsBatchNorm, let padChannels, let batch, let testImages else { return nil }
    return Spec(
      opset: opset, foldsBatchNorm: foldsBatchNorm, padChannels: padChannels, batch: batch,
      testImages: testImages)
  }

  func write(_ spec: ExportSpec.ONNXSpec) -> JSON {
    .object([
      opset.entry(spec.opset), foldsBatchNorm.entry(spec.foldsBatchNorm),
      padChannels.entry(spec.padChannels), batch.entry(.some(spec.batch)), testImages.entry(spec.testImages),
    ])
  }
}
