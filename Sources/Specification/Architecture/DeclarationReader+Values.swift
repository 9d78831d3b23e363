/// Values of layers: numbers and expressions, names, lists of inputs.
extension DeclarationReader {
  func value(_ node: Node, _ form: Catalog.LayerForm, _ path: String) -> LayerValue? {
    func fail(_ expectation: String) -> LayerValue? {
      context.report(node.place, path, "expected \(expectation), found \(node.found)")
      return nil
    }
    let scalar: Node.Scalar? = if case .scalar(let scalar) = node.content { scalar } else { nil }
    switch form {
    case .whole: return expression(node, path).map { .expression($0) }
    case .number(let range):
      guard let number = scalar?.number, range.contains(number) else {
        return fail("a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return .number(number)
    case .probability:
      // Layers have it in single precision.
      guard let number = scalar?.number, number >= 0, Float(number) < 1 else {
        return fail(Bounds.belowOne.expectation)
      }
      return .number(number)
    case .word(let words):
      guard let text = scalar?.text, words.contains(text) else {
        let hint = scalar.flatMap { nearestName(to: $0.text, among: words) }.map {
          "; did you mean \(quoted($0))?"
        }
        context.report(
          node.place, path,
          "expected \(listed(words.map { quoted($0) }, "or")), found \(node.found)\(hint ?? "")")
        return nil
      }
      return .word(text)
    case .flag: return scalar?.boolean.map { .flag($0) } ?? fail("true or false")
    case .isTrue: return scalar?.boolean == true ? .flag(true) : fail("true")
    case .layers: return references(node, path, allowsOne: false).map { .layers($0) }
    case .channels:
      guard case .list(let items) = node.content else { return fail("a list of channel numbers") }
      let numbers = items.compactMap { item -> Int? in
        if case .scalar(let scalar) = item.content, scalar.isWholeNumber { Int(scalar.text) } else { nil }
      }
      guard numbers.count == items.count, !numbers.isEmpty, numbers.allSatisfy({ $0 >= 0 }),
        zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
      else { return fail("ascending channel numbers from 0") }
      return .channels(numbers)
    }
  }

  func expression(_ node: Node, _ path: String) -> Expression? {
    guard case .scalar(let scalar) = node.content else {
      context.report(node.place, path, "expected a whole number or an expression, found \(node.found)")
      return nil
    }
    do throws(ExpressionParser.Failure) {
      return try ExpressionParser.parse(scalar.text)
    } catch {
      var place = node.place
      if scalar.isPlain { place.column += error.offset }
      // In braces a comma ends the value.
      let isCut = scalar.isPlain && scalar.text.contains("(") && !scalar.text.contains(")")
      let hint = isCut ? "; quote an expression that has a comma: `\"max(c, 8)\"`" : ""
      context.report(place, path, "\(quoted(scalar.text)): \(error.message)\(hint)")
      return nil
    }
  }

  func references(_ node: Node, _ path: String, allowsOne: Bool) -> [LayerReference]? {
    switch node.content {
    case .scalar where allowsOne:
      return layerName(node, path).map { [LayerReference(name: $0.value, place: $0.place)] }
    case .list(let items) where items.count >= (allowsOne ? 1 : 2):
      let names = items.compactMap { layerName($0, path) }
      return names.count == items.count ? names.map { LayerReference(name: $0.value, place: $0.place) } : nil
    default:
      var found = node.found
      if case .list(let items) = node.content, items.count == 1 { found = "one" }
      context.report(
        node.place, path,
        "expected \(allowsOne ? "the name of a layer before" : "a list of at least two names of layers before"),"
          + " found \(found)")
      return nil
    }
  }

  /// A name of letters, digits, `_`, `-` and `.`, as for tensors in files.
  ///
  /// Files that the program writes have full names, with suffixes that tell equal ones apart.
  func layerName(_ node: Node, _ path: String) -> Placed<String>? {
    guard case .scalar(let scalar) = node.content, !node.isNull, !scalar.text.isEmpty,
      scalar.text.utf8.allSatisfy({ byte in
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
          || byte < 128
            && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
      })
    else {
      context.report(
        node.place, path, "expected a name of letters, digits, `_`, `-` and `.`, found \(node.found)")
      return nil
    }
    // Whether a shorter one fits depends on those of its blocks.
    let most = ArchitectureDeclaration.longestName + ArchitectureDeclaration.longestSuffix
    guard scalar.text.utf8.count <= most else {
      context.report(
        node.place, path,
        "the name \(quoted(scalar.text)) has \(scalar.text.utf8.count) bytes; expected at most \(most)")
      return nil
    }
    return Placed(value: scalar.text, place: node.place)
  }

  func mapping(_ node: Node, _ path: String, _ expectation: String) -> [Node.Entry]? {
    guard case .mapping(let entries) = node.content else {
      context.report(node.place, path, "expected \(expectation), found \(node.found)")
      return nil
    }
    return entries
  }

  func check(_ entries: [Node.Entry], _ names: [String], _ path: String) {
    for entry in entries where !names.contains(entry.key) {
      context.report(entry.keyPlace, keyPath(path, entry.key), unknownKey(entry.key, among: names))
    }
  }
}

// MARK: Writing

extension DeclarationReader {
  /// The tree without source locations, which reads back the same.
  ///
  /// Names and expressions stay as they are written: `0.10` is not the layer `0.1`, and `no` may be
  /// a parameter.
  ///
  /// - Parameters:
  ///   - literals: ``literalKeys``
  ///   - isLiteral: whether it is the value of one of them
  func json(_ node: Node, _ literals: Set<String>, isLiteral: Bool = false) -> JSON {
    switch node.content {
    case .list(let items): return .list(items.map { json($0, literals, isLiteral: isLiteral) })
    case .mapping(let entries):
      return .object(
        entries.map { ($0.key, json($0.value, literals, isLiteral: literals.contains($0.key))) })
    case .scalar(let scalar):
      if node.isNull { return .null }
      if scalar.isWholeNumber, let number = Int(scalar.text), isLiteral || "\(number)" == scalar.text {
        return .integer(number)
      }
      if isLiteral, let number = scalar.number { return .number(number) }
      if isLiteral, let flag = scalar.boolean { return .boolean(flag) }
      return .string(scalar.text)
    }
  }

  /// Keys of layers whose values are numbers or flags, not names or expressions.
  var literalKeys: Set<String> {
    let forms = context.catalog.layerKinds.flatMap { kind in
      [(kind.name, kind.form)] + kind.options.map { ($0.name, $0.form) }
    }
    var keys: Set<String> = ["keep"]
    for (key, form) in forms {
      switch form {
      case .number, .probability, .flag, .isTrue, .channels: keys.insert(key)
      case .whole, .word, .layers: break
      }
    }
    return keys
  }
}
