/// A number with its noun: `1 training`, `3 trainings`.
///
/// - Parameter noun: in the singular; the plural ends with an s.
package func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
