/// The name of a combination's experiment: that of the file, followed by the values of the
/// combination.
///
/// Texts appear as they are (`l1_norm`), numbers and booleans follow the last word of their key
/// (`ratio0.4`), and null is `no-` and that word. The name depends only on the combination, so that
/// it does not change when the matrix grows. A `name` in `include` is the complete name.
extension Matrix.Combination {
  /// Nil if `include` gives it a name that is no text.
  func name(base: String) -> String? {
    if let own = self["name"]?.node, !own.isNull {
      guard case .scalar(let scalar) = own.content else { return nil }
      return scalar.text
    }
    let parts = settings.prefix(naming).filter { $0.path != "name" }.map { setting in
      words(setting.node, key: setting.path.split(separator: ".").last.map(String.init) ?? setting.path)
    }
    return ([base] + parts).joined(separator: "-")
  }

  private func words(_ value: Node, key: String) -> String {
    switch value.content {
    case .scalar(let scalar):
      if value.isNull { return "no-" + folded(key) }
      let text = folded(scalar.text)
      return scalar.isNumber || scalar.boolean != nil || text.isEmpty ? folded(key) + text : text
    case .list(let items):
      return folded(key) + items.map { words($0, key: "") }.joined(separator: "-")
    case .mapping(let entries):
      let parts = entries.map { words($0.value, key: $0.key) }
      return parts.isEmpty ? folded(key) : parts.joined(separator: "-")
    }
  }

  /// The text reduced to characters that are allowed in names.
  private func folded(_ text: String) -> String {
    var result = ""
    for character in text.lowercased() where character != "+" {
      let isAllowed =
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
      result.append(isAllowed ? character : "-")
    }
    return String(result.drop { $0 == "-" && text.first != "-" })
  }
}
