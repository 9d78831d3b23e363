/// The name that was most likely intended, or nil if none is similar.
///
/// Names are similar if their edit distance (insertions, deletions, replacements, transpositions;
/// Damerau 1964) is at most a third of the length, ignoring case, `-` and `_`.
package func nearestName(to written: String, among names: [String]) -> String? {
  // A text longer than any name plus its edits is not similar to any, nor are much longer names.
  guard written.utf8.count <= 64 else { return nil }
  let folded = fold(written)
  var best: (name: String, distance: Int)?
  for name in names where name.utf8.count <= 2 * written.utf8.count + 2 {
    let distance = editDistance(folded, fold(name))
    let allowed = max(1, min(folded.count, name.utf8.count) / 3)
    if distance <= allowed, distance < best?.distance ?? Int.max { best = (name, distance) }
  }
  return best?.name
}

/// The only name with this prefix, `l1_norm` for `l1`; nil if there are none or several.
package func onlyName(beginning written: String, among names: [String]) -> String? {
  let folded = fold(written)
  let longer = names.filter { folded.count > 1 && fold($0).starts(with: folded) }
  return longer.count == 1 ? longer.first : nil
}

/// What is wrong with a key that is not among `names`.
///
/// - Parameters:
///   - paths: where keys of this name are
///   - isTop: whether it is a key of a file, outside of its sections
func unknownKey(
  _ key: String, among names: [String], elsewhere paths: [String]? = nil, isTop: Bool = false
) -> String {
  if let name = nearestName(to: key, among: names) ?? onlyName(beginning: key, among: names) {
    return "unknown key; did you mean \(quoted(name))?"
  }
  if let paths { return "unknown key; did you mean \(listed(paths.map { quoted($0) }, "or"))?" }
  let free = isTop ? "; keys that begin with \(quoted(Node.anchorPrefix)) are free for anchors" : ""
  return "unknown key; known: \(names.joined(separator: ", "))\(free)"
}

private func fold(_ name: String) -> [UInt8] {
  name.utf8.map { byte in
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
    case UInt8(ascii: "-"): UInt8(ascii: "_")
    default: byte
    }
  }
}

/// Optimal string alignment distance. Time and space: product of the lengths.
func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
  var rows = [Array(0...second.count)]
  for i in first.indices {
    var row = [i + 1]
    for j in second.indices {
      var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (first[i] == second[j] ? 0 : 1))
      if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
        cost = min(cost, rows[i - 1][j - 1] + 1)
      }
      row.append(cost)
    }
    rows.append(row)
  }
  return rows[first.count][second.count]
}
