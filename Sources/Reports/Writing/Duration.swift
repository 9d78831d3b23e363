import Foundation

/// A time for people: `4.2 s`, `42 s`, `12 min`, `3 h 20 min`, `2 d 4 h`; `?` if it is not a valid
/// time.
package func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
  if seconds < 9.95 { return String(format: "%.1f s", seconds) }
  if seconds < 119.5 { return String(format: "%.0f s", seconds) }
  let minutes = Int((seconds / 60).rounded())
  switch minutes {
  case ..<120: return "\(minutes) min"
  case ..<(48 * 60): return "\(minutes / 60) h \(minutes % 60) min"
  default:
    let hours = Int((seconds / 3600).rounded())
    return "\(hours / 24) d \(hours % 24) h"
  }
}
