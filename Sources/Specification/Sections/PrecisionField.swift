/// `precision`, a key of `train` and of `evaluate`.
struct PrecisionField: Sendable {
  private let field: Field<String>

  init(_ summary: String) {
    field = Field(
      "precision",
      .choice(ActivationPrecision.allCases.map(\.rawValue), "precision", otherNames: Self.otherNames),
      default: ActivationPrecision.float32.rawValue, summary)
  }

  /// Names in other programs, also of the half precision that Espalier does not have.
  private static let otherNames = [
    "16": "bfloat16", "bf16": "bfloat16", "bf16-mixed": "bfloat16", "f16": "bfloat16", "fp16": "bfloat16",
    "half": "bfloat16",
    "32": "float32", "f32": "float32", "fp32": "float32", "single": "float32",
  ]

  var key: Key { field.key }

  func read(_ mapping: MappingReader) -> ActivationPrecision? {
    mapping[field].flatMap(ActivationPrecision.init)
  }

  /// Empty for single precision, so that cache keys are the same as before there was another one.
  func entries(_ precision: ActivationPrecision) -> [(String, JSON)] {
    precision == .float32 ? [] : [field.entry(precision.rawValue)]
  }
}
