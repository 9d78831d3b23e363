import Specification

/// One key in which two experiments differ.
public struct SpecChange: Codable, Equatable, Sendable, CustomStringConvertible {
  /// `train.epochs`
  public var path: String
  /// Nil if the key has no value.
  public var base: JSON?
  public var candidate: JSON?

  /// `train.epochs: 10 -> 12`
  public var description: String { "\(path): \(Self.text(base)) -> \(Self.text(candidate))" }

  static func text(_ value: JSON?) -> String {
    value?.text().split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ") ?? "none"
  }

  /// The changes in the order of the keys' names. A key without a value is equal to a missing key.
  public static func between(_ base: JSON, _ candidate: JSON, path: String = "") -> [SpecChange] {
    let (base, candidate) = (base.canonical, candidate.canonical)
    guard base != candidate else { return [] }
    let (before, after) = (base.members, candidate.members)
    if before == nil && after == nil
      || (before == nil && base != .null) || (after == nil && candidate != .null)
    {
      return [
        SpecChange(
          path: path, base: base == .null ? nil : base, candidate: candidate == .null ? nil : candidate)
      ]
    }
    let names = Set((before ?? [:]).keys).union((after ?? [:]).keys)
    return names.sorted().flatMap { name in
      between(
        before?[name] ?? .null, after?[name] ?? .null, path: path.isEmpty ? name : "\(path).\(name)")
    }
  }
}

extension JSON {
  /// Nil for anything but an object.
  fileprivate var members: [String: JSON]? {
    guard case .object(let members) = self else { return nil }
    return Dictionary(members) { first, _ in first }
  }
}
