/// The forms in which the trained models are written.
public struct ExportSpec: Equatable, Sendable {
  public var formats: [String]

  public init(formats: [String] = ["safetensors"]) {
    self.formats = formats
  }
}
