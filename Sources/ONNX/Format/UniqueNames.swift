extension Set<String> {
  /// Inserts a name, with a number from 2 on if it is already there.
  ///
  /// - Returns: the name that was inserted
  package mutating func insertUnique(_ name: String, separator: String) -> String {
    var unique = name
    var number = 1
    while !insert(unique).inserted {
      number += 1
      unique = "\(name)\(separator)\(number)"
    }
    return unique
  }
}
