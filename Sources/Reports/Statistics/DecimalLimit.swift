/// Whether a number lies above a limit that is written as a decimal.
///
/// Numbers that come from counts, such as 59.6 - 56.8, miss the decimal that they stand for by a
/// rounding, and must not fail exactly on a limit. Two different such numbers are much further
/// apart than this allows: accuracies of n images over s seeds differ from a decimal by 100 / (n s)
/// or by a digit of it.
func exceeds(_ value: Double, _ limit: Double) -> Bool {
  value - limit > 1e-9 * max(1, abs(limit))
}
