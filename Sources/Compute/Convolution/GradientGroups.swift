/// Groups of the terms of a weight gradient, pixels, tiles or windows, whose sums are computed side
/// by side and then added in order. Depends on the problem's size alone.
struct GradientGroups {
  /// Floats that the sums of all groups take together, 128 MiB, unless those of four take more.
  private static let fitting = 1 << 25

  let count: Int
  /// Terms of a group, at most.
  let size: Int
  private let terms: Int

  /// - Parameters:
  ///   - sums: floats of the sums of one group
  ///   - most: groups, where they all fit
  ///   - unit: terms that groups are multiples of, but for the last one
  init(of terms: Int, sums: Int, most: Int, unit: Int = 1) {
    self.terms = terms
    let wanted = max(1, min(most, max(4, Self.fitting / max(1, sums))))
    size = max(1, terms.dividedRoundingUp(by: wanted)).roundedUp(to: unit)
    count = terms.dividedRoundingUp(by: size)
  }

  subscript(_ group: Int) -> Range<Int> { group * size..<min(terms, (group + 1) * size) }
}
