/// One `path=value` of the command line.
struct Override {
  private let argument: String
  private let file: String

  init(_ argument: String) {
    self.argument = argument
    file = "\(Self.option) \(quoted(argument, limit: 1_000).dropFirst().dropLast())"
  }

  private static let option = "--set"

  /// Whether a source location is in such an argument instead of a file.
  static func isPlace(_ place: Place) -> Bool { place.file.hasPrefix(option + " ") }

  /// The value inside the mappings of its path; nil, with an error reported, if the argument is
  /// malformed.
  func node(_ context: ReadingContext) -> Node? {
    guard let sign = argument.firstIndex(of: "=") else {
      context.report(Place(file: file), "", "expected `path=value`")
      return nil
    }
    // Below `matrix` a path is one key.
    let isAxis = argument.hasPrefix("matrix.")
    let names = argument[..<sign].split(
      separator: ".", maxSplits: isAxis ? 1 : .max, omittingEmptySubsequences: false)
    guard names.allSatisfy({ !$0.isEmpty }), names.count <= YAMLReader.maximumDepth else {
      context.report(Place(file: file), "", "expected a path such as `train.epochs` before `=`")
      return nil
    }
    if names.first == "extends" {
      context.report(Place(file: file), "extends", "can be written only in a file")
      return nil
    }
    guard var node = value(argument[argument.index(after: sign)...], context) else { return nil }
    for name in names.reversed() {
      let column = argument[..<name.startIndex].unicodeScalars.count + 1
      let place = Place(file: file, column: column)
      node = Node(
        content: .mapping([Node.Entry(key: String(name), keyPlace: place, value: node)]), place: place)
    }
    return node
  }

  private func value(_ text: Substring, _ context: ReadingContext) -> Node? {
    let offset = argument[..<text.startIndex].unicodeScalars.count
    guard text.utf8.count <= SourceText.maximumBytes else {
      context.report(Place(file: file, column: offset + 1), "", "the value is larger than 1 MiB")
      return nil
    }
    do throws(SpecificationError) {
      let document = try YAMLReader.read(Array(text.utf8), file: file)
      if !document.diagnostics.isEmpty { throw SpecificationError(diagnostics: document.diagnostics) }
      return try withoutComment(document, text).shifted(by: offset)
    } catch {
      for diagnostic in error.diagnostics {
        // libyaml puts the end of a text without a line break on the line after it.
        let isBeyond = diagnostic.place.line > text.count(where: \.isNewline) + 1
        let place = isBeyond ? Place(file: file, column: text.unicodeScalars.count + 1) : diagnostic.place
        context.report(place.shifted(by: offset), diagnostic.path, diagnostic.message)
      }
      return nil
    }
  }
}

extension Override {
  /// The value of a text without comments: unlike in a file, no part of an argument is ignored.
  private func withoutComment(
    _ document: YAMLReader.Document, _ text: Substring
  ) throws(SpecificationError) -> Node {
    let nothing = Node(content: .scalar(Node.Scalar(text: "", isPlain: true)), place: Place(file: file))
    var node = document.root ?? nothing
    let rest = text.unicodeScalars.dropFirst(document.end)
    guard let comment = rest.firstIndex(where: { !$0.properties.isWhitespace }) else { return node }
    guard case .scalar(var scalar) = node.content, scalar.isPlain else {
      let column = text.unicodeScalars.distance(from: text.startIndex, to: comment) + 1
      throw SpecificationError(
        Place(file: file, column: column), "\(quoted(String(text[comment...]))) after the value; leave it out"
      )
    }
    var written = text.drop(while: \.isWhitespace)
    while written.last?.isWhitespace == true { written.removeLast() }
    scalar.text = String(written)
    node.content = .scalar(scalar)
    return node
  }
}

extension Place {
  fileprivate func shifted(by columns: Int) -> Place {
    line == 1 ? Place(file: file, line: 1, column: column + columns) : self
  }
}

extension Node {
  fileprivate func shifted(by columns: Int) -> Node {
    var result = self
    result.place = place.shifted(by: columns)
    switch content {
    case .scalar: break
    case .list(let items): result.content = .list(items.map { $0.shifted(by: columns) })
    case .mapping(let entries):
      result.content = .mapping(
        entries.map {
          Entry(key: $0.key, keyPlace: $0.keyPlace.shifted(by: columns), value: $0.value.shifted(by: columns))
        })
    }
    return result
  }
}
