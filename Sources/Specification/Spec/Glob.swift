/// A pattern of names: `*` stands for any characters, `?` for one.
public struct Glob: Sendable {
  private let pattern: [Character]

  public init(_ pattern: String) {
    self.pattern = Array(pattern)
  }

  /// Time: product of the lengths, at most.
  public func matches(_ name: String) -> Bool {
    let name = Array(name)
    var (i, j) = (0, 0)
    // Where to backtrack to: after the last star, and the character that it would take next.
    var star: (pattern: Int, name: Int)?
    while j < name.count {
      if i < pattern.count, pattern[i] == "*" {
        star = (i + 1, j)
        i += 1
      } else if i < pattern.count, pattern[i] == "?" || pattern[i] == name[j] {
        i += 1
        j += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (i, j) = (last.pattern, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[i...].allSatisfy { $0 == "*" }
  }
}
