/// Names that layers read: of earlier layers and of numbers.
///
/// They do not depend on shapes, so that all wrong names of a file are reported at once.
extension DeclarationReader {
  /// - Parameters:
  ///   - layers: a list of layers, with what was read of each; nil after an error
  ///   - parameters: of the file or of the template that the list belongs to; nil after an error
  func checkNames(_ layers: [(node: Node, read: LayerDeclaration?)], parameters: [String]?) {
    let numbers = parameters.map { Set($0 + ["classes", "inputs"]) }
    var earlier: Set<String> = ["input"]
    let last = Dictionary(
      layers.enumerated().compactMap { index, layer in layer.read.map { ($0.name(at: index), index) } },
      uniquingKeysWith: max)
    for (index, (node, layer)) in layers.enumerated() {
      guard let layer else {
        // Others may refer to it all the same.
        if case .scalar(let name)? = node.value(at: "name")?.content {
          earlier.insert(name.text)
        } else if case .mapping(let entries) = node.content {
          earlier.formUnion(entries.map { LayerDeclaration.defaultName($0.key, at: index) })
        }
        continue
      }
      checkReferences(layer, earlier) { last[$0, default: 0] > index }
      if let numbers { checkNumbers(layer, numbers) }
      let name = layer.name(at: index)
      if !earlier.insert(name).inserted {
        context.report(layer.name?.place ?? layer.place, layer.path, "two layers are named \(quoted(name))")
      }
    }
  }

  private func checkReferences(
    _ layer: LayerDeclaration, _ earlier: Set<String>, isLater: (String) -> Bool
  ) {
    var references = layer.sources?.value ?? []
    if case .layers(let operands) = layer.value { references += operands }
    for reference in references where !earlier.contains(reference.name) {
      context.report(
        reference.place, layer.path,
        Self.missing(reference.name, among: earlier, isLater: isLater(reference.name)))
    }
  }

  private static func missing(_ layer: String, among earlier: Set<String>, isLater: Bool) -> String {
    let hint =
      isLater
      ? "; it comes later"
      : nearestName(to: layer, among: earlier.sorted()).map { "; did you mean \(quoted($0))?" }
    return "there is no layer \(quoted(layer)) before this one\(hint ?? "")"
  }

  private func checkNumbers(_ layer: LayerDeclaration, _ known: Set<String>) {
    for (key, written) in layer.expressions {
      checkNames(of: written, among: known, keyPath(layer.path, key))
    }
  }

  /// Reports the names in an expression that are not known.
  func checkNames(of expression: Placed<Expression>, among known: Set<String>, _ path: String) {
    for name in Set(expression.value.names).subtracting(known).sorted() {
      context.report(expression.place, path, Self.unknown(name, among: known.sorted()))
    }
  }

  private static func unknown(_ name: String, among known: [String]) -> String {
    let hint = nearestName(to: name, among: known).map { "did you mean \(quoted($0))?" }
    return "\(Expression.EvaluationError.unknownName(name)); "
      + (hint ?? "known: \(known.joined(separator: ", "))")
  }
}

extension LayerDeclaration {
  /// Its expressions with their keys.
  var expressions: [(key: String, written: Placed<Expression>)] {
    var found: [(key: String, written: Placed<Expression>)] = []
    if case .expression(let expression) = value {
      found.append((kind, Placed(value: expression, place: valuePlace)))
    }
    for (key, option) in options.sorted(by: { $0.key < $1.key }) {
      guard case .expression(let expression) = option.value else { continue }
      found.append((key, Placed(value: expression, place: option.place)))
    }
    for (key, argument) in arguments.sorted(by: { $0.key < $1.key }) { found.append((key, argument)) }
    for (key, argument) in firstArguments.sorted(by: { $0.key < $1.key }) {
      found.append(("first." + key, argument))
    }
    if let condition { found.append(("when", condition)) }
    if let repetitions { found.append(("repeat", repetitions)) }
    return found
  }
}
