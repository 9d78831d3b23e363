extension ArchitectureDeclaration {
  /// Reads a file of `parameters`, `blocks` and `layers`.
  ///
  /// - Throws: every error of the file.
  public init(
    _ bytes: [UInt8], file: String, kinds: [Catalog.LayerKind]
  ) throws(SpecificationError) {
    let document = try YAMLReader.read(bytes, file: file)
    let context = ReadingContext(catalog: Catalog(layerKinds: kinds), environment: [:])
    context.report(document.diagnostics)
    let empty = Node(content: .scalar(Node.Scalar(text: "", isPlain: true)), place: Place(file: file))
    let reader = DeclarationReader(context: context, path: "")
    let layers = document.root?.value(at: "layers")
    let declaration = reader.read(
      parameters: document.root?.value(at: "parameters"), blocks: document.root?.value(at: "blocks"),
      layers: layers ?? empty)
    guard context.diagnostics.isEmpty, let declaration else {
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    self = declaration
  }
}
