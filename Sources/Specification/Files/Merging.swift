extension Node {
  /// This value overridden by another one: mappings are merged key by key, anything else is
  /// replaced.
  ///
  /// Every part keeps its source location. A null resets the key, see ``isNull``.
  ///
  /// - Parameter keepsPlaces: whether mappings stay where they are, so that errors about what is
  ///   missing in them are not at an override of something else; only the key of a mapping in which
  ///   the other resets keys is at the other
  func merged(under other: Node, keepsPlaces: Bool = false) -> Node {
    guard case .mapping(var entries) = content, case .mapping(let changes) = other.content else {
      var result = other
      if other.isNull { result.dropsValue = other.dropsValue || dropsValue || !isNull }
      return result
    }
    var positions: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { positions[entry.key] = index }
    for change in changes {
      guard let index = positions[change.key] else {
        entries.append(change)
        continue
      }
      let value = entries[index].value
      entries[index].value = value.merged(under: change.value, keepsPlaces: keepsPlaces)
      if keepsPlaces, case .mapping = value.content, change.value.addsKeys { continue }
      entries[index].keyPlace = change.keyPlace
    }
    var result = keepsPlaces ? self : other
    result.content = .mapping(entries)
    return result
  }

  /// Whether it is a mapping none of whose values is null.
  private var addsKeys: Bool {
    guard case .mapping(let entries) = content else { return false }
    return entries.allSatisfy { !$0.value.isNull }
  }
}
