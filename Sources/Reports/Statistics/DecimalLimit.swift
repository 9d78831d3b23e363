/// Whether a number exceeds a limit that is written as a decimal.
///
/// Numbers that are computed from counts, such as 59.6 - 56.8, differ from their exact decimal by
/// rounding, and must not fail exactly on a limit. Different numbers of this kind are much further
/// apart than this tolerance: accuracies of n images over s seeds differ from a decimal by 100 / (n
/// s) or by a digit of it.
func exceeds(_ value: Double, _ limit: Double) -> Bool {
  value - limit > 1e-9 * max(1, abs(limit))
}
