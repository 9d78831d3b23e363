/// The form of a key's value: how it is read from a file, written to a file, and described to
/// editors.
struct ValueForm<Value: Sendable>: Sendable {
  /// The text after "expected" in errors.
  let expectation: String
  /// JSON Schema of the value.
  let schema: [(String, JSON)]
  /// Returns nil, with an error reported, if the node is not such a value.
  let read: @Sendable (Node, _ path: String, ReadingContext) -> Value?
  let write: @Sendable (Value) -> JSON
}

extension ValueForm {
  /// A form of one scalar.
  ///
  /// - Parameter interpret: returns nil if the scalar is not such a value.
  static func scalar(
    _ expectation: String, schema: [(String, JSON)], write: @escaping @Sendable (Value) -> JSON,
    interpret: @escaping @Sendable (Node.Scalar) -> Value?
  ) -> ValueForm {
    ValueForm(
      expectation: expectation, schema: schema,
      read: { node, path, context in
        if case .scalar(let scalar) = node.content, !node.isNull, let value = interpret(scalar) {
          return value
        }
        context.report(node.place, path, "expected \(expectation), found \(context.found(node, path))")
        return nil
      }, write: write)
  }
}

extension ValueForm where Value == Int {
  static func wholeNumber(_ range: ClosedRange<Int>) -> ValueForm {
    .scalar(
      range.count == 1
        ? "\(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)",
      schema: [
        ("type", .string("integer")), ("minimum", .integer(range.lowerBound)),
        ("maximum", .integer(range.upperBound)),
      ],
      write: { .integer($0) },
      interpret: { scalar in
        guard scalar.isWholeNumber, let value = Int(scalar.text), range.contains(value) else { return nil }
        return value
      })
  }
}

extension ValueForm where Value == UInt64 {
  /// Any unsigned 64-bit integer.
  static var seed: ValueForm {
    .scalar(
      "a whole number from 0 to \(UInt64.max)",
      schema: [("type", .string("integer")), ("minimum", .integer(0)), ("maximum", .unsigned(UInt64.max))],
      write: { .unsigned($0) }, interpret: { $0.isWholeNumber ? UInt64($0.text) : nil })
  }
}

extension ValueForm where Value == Double {
  static func number(_ bounds: Bounds) -> ValueForm {
    .scalar(
      bounds.expectation, schema: bounds.schema, write: { .number($0) },
      interpret: { $0.number.flatMap { bounds.contains($0) ? $0 : nil } })
  }

  /// A number that training computes with in single precision; one that is zero there gets a
  /// warning.
  static func singlePrecision(_ bounds: Bounds) -> ValueForm {
    let form = number(bounds)
    return ValueForm(
      expectation: form.expectation, schema: form.schema,
      read: { node, path, context in
        let value = form.read(node, path, context)
        if let value, value != 0, Float(value) == 0 {
          context.warn(node.place, path, "\(node.found) is zero in single precision, which training uses")
        }
        return value
      }, write: form.write)
  }
}

extension ValueForm where Value == Bool {
  static var boolean: ValueForm {
    .scalar(
      "`true` or `false`", schema: [("type", .string("boolean"))], write: { .boolean($0) },
      interpret: { $0.boolean })
  }
}

extension ValueForm where Value == String {
  /// JSON Schema sees a number where a text looks like one.
  private static var textType: (String, JSON) { ("type", .list([.string("string"), .string("number")])) }

  /// Any text, including text that looks like a number.
  static var text: ValueForm {
    .scalar("a text", schema: [textType], write: { .string($0) }, interpret: { $0.text })
  }

  /// A name that is also the name of a results folder, and not one that the program uses itself.
  static var folderName: ValueForm {
    let own = ["plots", "report.html", "report.json"]
    let names = own.joined(separator: "|").replacing(".", with: "\\.")
    let form = ValueForm.scalar(
      "a name of at most 128 lower-case letters, digits, `.`, `_` and `-`",
      schema: [
        textType, ("pattern", .string("^(?!\\.|(\(names))$)[a-z0-9._-]+$")),
        ("maxLength", .integer(128)),
      ],
      write: { .string($0) },
      interpret: { scalar in
        let bytes = scalar.text.utf8
        let isValid = bytes.allSatisfy {
          (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
        }
        return isValid && (1...128).contains(bytes.count) && ![".", ".."].contains(scalar.text)
          ? scalar.text : nil
      })
    return ValueForm(
      expectation: form.expectation, schema: form.schema,
      read: { node, path, context in
        guard let name = form.read(node, path, context) else { return nil }
        guard name.utf8.first != 0x2E, !own.contains(name) else {
          context.report(
            node.place, path,
            "\(quoted(name, limit: 128)) is not free: results have files and folders of their own that are called"
              + " \(listed(own.map { quoted($0) })), or begin with a dot")
          return nil
        }
        return name
      }, write: form.write)
  }

  /// A file or folder; `${NAME}` and `~/` are expanded on reading, and `$` doubled on writing.
  static var path: ValueForm {
    ValueForm(
      expectation: "a path", schema: [textType, ("minLength", .integer(1))],
      read: { node, path, context in
        guard case .scalar(let scalar) = node.content, !node.isNull else {
          context.report(node.place, path, "expected a path, found \(context.found(node, path))")
          return nil
        }
        if let problem = bareVariableProblem(in: scalar.text) { context.warn(node.place, path, problem) }
        do throws(ExpansionProblem) {
          let text = try expanded(scalar.text, environment: context.variables(at: node.place))
          if !text.isEmpty { return text }
          context.report(node.place, path, "expected a path, found an empty text")
        } catch {
          context.report(node.place, path, error.message)
        }
        return nil
      },
      write: { .string($0.replacing("$", with: "$$")) })
  }

  /// One of `names`.
  ///
  /// - Parameters:
  ///   - noun: the noun for the names, such as "data set".
  ///   - otherNames: names that other programs use, with the name to suggest instead.
  static func choice(
    _ names: [String], _ noun: String, otherNames: [String: String] = [:]
  ) -> ValueForm {
    ValueForm(
      expectation: "a \(noun)",
      schema: [("type", .string("string")), ("enum", .list(names.map { .string($0) }))],
      read: { node, path, context in
        guard case .scalar(let scalar) = node.content, !node.isNull else {
          context.report(
            node.place, path,
            "expected a \(noun) (\(listed(names, "or"))), found \(context.found(node, path))")
          return nil
        }
        if names.contains(scalar.text) { return scalar.text }
        let meant =
          otherNames[scalar.text.lowercased()] ?? nearestName(to: scalar.text, among: names)
          ?? onlyName(beginning: scalar.text, among: names)
        let hint = meant.map { "did you mean \(quoted($0))?" }
        let known = "known: \(names.joined(separator: ", "))"
        context.report(
          node.place, path,
          "unknown \(noun) \(quoted(scalar.text)); \(hint.map { "\($0) (\(known))" } ?? known)")
        return nil
      },
      write: { .string($0) })
  }
}

extension ValueForm {
  /// A list of values.
  ///
  /// - Parameters:
  ///   - count: the number of values if it is fixed.
  ///   - isUnique: whether every value may appear only once.
  ///   - isEmptyAllowed: whether the list may be empty
  ///   - most: the largest number of values
  static func list<Element: Sendable & Hashable>(
    of form: ValueForm<Element>, count: Int? = nil, isUnique: Bool = false, isEmptyAllowed: Bool = false,
    most: Int? = nil
  ) -> ValueForm where Value == [Element] {
    var schema: [(String, JSON)] = [
      ("type", .string("array")), ("items", .object(form.schema)),
      ("minItems", .integer(count ?? (isEmptyAllowed ? 0 : 1))),
    ]
    if let most = count ?? most { schema.append(("maxItems", .integer(most))) }
    if isUnique { schema.append(("uniqueItems", .boolean(true))) }
    let expectation = "a list of \(count.map { "\($0) values" } ?? "values")"
    return ValueForm(
      expectation: expectation, schema: schema,
      read: { node, path, context in
        guard case .list(let items) = node.content else {
          let isItem = count == nil && form.read(node, path, ReadingContext(sharing: context)) != nil
          context.report(
            node.place, path, "expected \(expectation), found \(node.found)\(isItem ? node.listHint : "")")
          return nil
        }
        guard isEmptyAllowed || !items.isEmpty else {
          context.report(node.place, path, "expected \(expectation), found an empty list")
          return nil
        }
        if let count, items.count != count {
          context.report(node.place, path, "expected \(expectation), found \(items.count)")
          return nil
        }
        if let most, items.count > most {
          context.report(node.place, path, "expected at most \(most) values, found \(items.count)")
          return nil
        }
        var values: [Element] = []
        var seen: Set<Element> = []
        for (index, item) in items.enumerated() {
          let path = "\(path)[\(index)]"
          guard let value = form.read(item, path, context) else { continue }
          if isUnique, !seen.insert(value).inserted {
            context.report(item.place, path, "\(item.found) appears twice")
          }
          values.append(value)
        }
        return values.count == items.count ? values : nil
      },
      write: { .list($0.map(form.write)) })
  }

  /// `form`, or `word` for nil.
  static func optional<Wrapped: Sendable>(
    _ form: ValueForm<Wrapped>, or word: String
  ) -> ValueForm where Value == Wrapped? {
    ValueForm(
      expectation: "`\(word)` or \(form.expectation)",
      schema: [("oneOf", .list([.object([("const", .string(word))]), .object(form.schema)]))],
      read: { node, path, context in
        if case .scalar(let scalar) = node.content {
          if scalar.text == word { return .some(nil) }
          guard scalar.isWholeNumber else {
            context.report(
              node.place, path, "expected `\(word)` or \(form.expectation), found \(node.found)")
            return nil
          }
        }
        return form.read(node, path, context).map { .some($0) }
      },
      write: { $0.map(form.write) ?? .string(word) })
  }
}

extension ValueForm where Value == OptionValue {
  static func option(_ form: Catalog.Criterion.Option.Form) -> ValueForm {
    switch form {
    case .number(let range):
      of(ValueForm<Double>.number(.from(range.lowerBound, to: range.upperBound))) { .number($0) }
    case .word(let words): of(ValueForm<String>.choice(words, "value")) { .word($0) }
    }
  }

  private static func of<Other>(
    _ form: ValueForm<Other>, _ wrap: @escaping @Sendable (Other) -> OptionValue
  ) -> ValueForm {
    ValueForm(
      expectation: form.expectation, schema: form.schema,
      read: { node, path, context in form.read(node, path, context).map(wrap) }, write: { $0.json })
  }
}
