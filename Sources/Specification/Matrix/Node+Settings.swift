extension Node {
  /// This mapping with the value at a path overridden: mappings are merged, anything else is
  /// replaced.
  ///
  /// Everything on the path keeps its source location; added mappings have the location of the
  /// setting.
  func setting(_ setting: Matrix.Setting) -> Node {
    self.setting(setting.path.split(separator: ".")[...], to: setting.node, place: setting.place)
  }

  private func setting(_ path: ArraySlice<Substring>, to value: Node, place: Place) -> Node {
    guard let name = path.first.map(String.init) else { return merged(under: value) }
    let rest = path.dropFirst()
    guard case .mapping(var entries) = content else {
      return Node(content: .mapping([]), place: place).setting(path, to: value, place: place)
    }
    // What a null leaves missing is reported at its key, and so at this null of several values.
    let keyPlace = rest.isEmpty && value.isNull ? value.place : place
    if let index = entries.firstIndex(where: { $0.key == name }) {
      entries[index].value = entries[index].value.setting(rest, to: value, place: place)
      if rest.isEmpty { entries[index].keyPlace = keyPlace }
    } else {
      let nothing = Node(content: .mapping([]), place: place)
      entries.append(
        Entry(
          key: name, keyPlace: keyPlace,
          value: rest.isEmpty ? value : nothing.setting(rest, to: value, place: place)))
    }
    var result = self
    result.content = .mapping(entries)
    return result
  }

  /// This mapping without a key.
  func without(_ key: String) -> Node {
    guard case .mapping(let entries) = content else { return self }
    var result = self
    result.content = .mapping(entries.filter { $0.key != key })
    return result
  }

  /// The keys of the mapping at a path; none if there is no mapping.
  func keys(at path: String) -> [String] {
    guard case .mapping(let entries)? = value(at: path)?.content else { return [] }
    return entries.map(\.key)
  }

  /// The node at a path, or at the first part of it that is not a mapping; nil if there is none.
  func value(at path: String) -> Node? {
    var node = self
    for name in path.split(separator: ".") {
      guard case .mapping(let entries) = node.content else { break }
      guard let entry = entries.first(where: { $0.key == name }) else { return nil }
      node = entry.value
    }
    return node
  }
}
