import Compute
import Foundation

/// What a part of a training used.
struct Usage: Equatable, Sendable {
  /// Wall time.
  var seconds = 0.0
  /// Processor time of all threads of the process; nil where some of it was spent on other
  /// trainings.
  var cpuSeconds: Double? = 0
  /// Energy of the processor's packages; nil where they have no counters.
  var joules: Double? = 0

  /// A part that was not measured leaves the sum unmeasured.
  static func + (left: Usage, right: Usage) -> Usage {
    Usage(
      seconds: left.seconds + right.seconds, cpuSeconds: sum(left.cpuSeconds, right.cpuSeconds),
      joules: sum(left.joules, right.joules))
  }

  private static func sum(_ left: Double?, _ right: Double?) -> Double? {
    left.flatMap { left in right.map { left + $0 } }
  }
}

/// Measures usage from the moment that it is made.
struct UsageMeter {
  private let start = ContinuousClock.now
  private let cpuStart: Double?
  private var energy = EnergyMeter()

  /// - Parameter ownsProcess: whether all that the process does is what is measured. Only then is
  ///   the processor time of the process that of the training.
  init(ownsProcess: Bool) {
    cpuStart = ownsProcess ? Self.processSeconds() : nil
  }

  /// Has to be called at least every few minutes: counters of energy wrap around.
  mutating func sample() { energy?.sample() }

  mutating func usage() -> Usage {
    let cpuSeconds = cpuStart.flatMap { start in Self.processSeconds().map { $0 - start } }
    return Usage(seconds: seconds(since: start), cpuSeconds: cpuSeconds, joules: energy?.joules())
  }

  /// Processor time of all threads that the process has had, of user and system; nil where the
  /// clock cannot be read.
  private static func processSeconds() -> Double? {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

func seconds(since start: ContinuousClock.Instant) -> Double {
  let elapsed = ContinuousClock.now - start
  return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
}
