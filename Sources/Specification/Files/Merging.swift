extension Node {
  /// This value overridden by another one: mappings are merged key by key, anything else is
  /// replaced.
  ///
  /// Every part keeps its source location. A null resets the key, see ``isNull``.
  func merged(under other: Node) -> Node {
    guard case .mapping(var entries) = content, case .mapping(let changes) = other.content else {
      return other
    }
    var positions: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { positions[entry.key] = index }
    for change in changes {
      guard let index = positions[change.key] else {
        entries.append(change)
        continue
      }
      entries[index].value = entries[index].value.merged(under: change.value)
      entries[index].keyPlace = change.keyPlace
    }
    var result = other
    result.content = .mapping(entries)
    return result
  }
}
