/// The resolved experiment as a complete file with every key; loading it produces an equal value.
///
/// Keys without a value are `null`. Numbers are written in the shortest form that reads back
/// exactly.
public func yaml(_ spec: ExperimentSpec) -> String {
  document(spec).yaml(indent: "")
}

/// The resolved experiment as a tree, with keys in the order of a file.
public func document(_ spec: ExperimentSpec) -> JSON {
  ExperimentSection(Catalog()).write(spec)
}

extension JSON {
  /// Block mappings; lists of plain values are on one line, lists of mappings have one per line.
  fileprivate func yaml(indent: String) -> String {
    guard case .object(let members) = self else { return "" }
    return members.reduce(into: "") { text, member in
      text += indent + keyText(member.0) + ":"
      switch member.1 {
      case .object(let inner) where !inner.isEmpty: text += "\n" + member.1.yaml(indent: indent + "  ")
      case .string(let value) where isPlainWord(value): text += " \(value)\n"
      case .list(let items) where items.contains(where: { !$0.isScalar }):
        text += "\n" + items.map { "\(indent)  - \($0.flowText)\n" }.joined()
      case .list(let items):
        text += " [" + items.map(\.flowText).joined(separator: ", ") + "]\n"
      default: text += " \(member.1.text())\n"
      }
    }
  }

  private var flowText: String {
    switch self {
    case .string(let value) where isPlainWord(value): value
    case .list(let items): "[" + items.map(\.flowText).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(keyText($0)): \($1.flowText)" }.joined(separator: ", ") + "}"
    default: text()
    }
  }
}

/// A key, quoted unless every YAML reader takes it for the same text.
private func keyText(_ name: String) -> String { isPlainWord(name) ? name : doubleQuoted(name) }

/// Whether a text needs no quotes: a word that no YAML reader interprets as a number, a boolean or
/// null.
private func isPlainWord(_ text: String) -> Bool {
  let reserved = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"]
  guard let first = text.utf8.first, (0x61...0x7A).contains(first), !reserved.contains(text) else {
    return false
  }
  return text.utf8.allSatisfy {
    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
  }
}
