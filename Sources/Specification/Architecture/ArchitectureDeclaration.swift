extension ArchitectureDeclaration {
  /// Reads a file of `parameters`, `blocks` and `layers`.
  ///
  /// - Throws: every error of the file.
  public init(
    _ bytes: [UInt8], file: String, kinds: [Catalog.LayerKind]
  ) throws(SpecificationError) {
    let (node, diagnostics) = try YAMLReader.read(bytes, file: file)
    let catalog = Catalog(
      datasets: [], architectures: [], criteria: [], layerKinds: kinds)
    let context = ReadingContext(catalog: catalog, environment: [:])
    for diagnostic in diagnostics { context.report(diagnostic.place, diagnostic.path, diagnostic.message) }
    let empty = Node(content: .scalar(Node.Scalar(text: "", isPlain: true)), place: Place(file: file))
    let reader = DeclarationReader(context: context, path: "")
    let layers = node?.value(at: "layers")
    let declaration = reader.read(
      parameters: node?.value(at: "parameters"), blocks: node?.value(at: "blocks"), layers: layers ?? empty)
    guard context.diagnostics.isEmpty, let declaration else {
      throw SpecificationError(diagnostics: context.diagnostics)
    }
    self = declaration
  }
}
