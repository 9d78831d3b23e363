/// `export`: its keys, how they become an ``ExportSpec`` and back.
struct ExportSection: Sendable {
  let formats = Field(
    "formats", .list(of: .choice(["safetensors"], "format", planned: ["onnx"]), isUnique: true),
    default: ExportSpec().formats, "File formats of the trained models.")

  var keys: [Key] { [formats.key] }

  func read(_ mapping: MappingReader) -> ExportSpec? {
    mapping[formats].map { ExportSpec(formats: $0) }
  }

  func write(_ spec: ExportSpec) -> JSON { .object([formats.entry(spec.formats)]) }
}
