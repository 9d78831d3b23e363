import Compute
import Foundation

/// Time and energy that a part of a training used.
struct Usage: Equatable, Sendable {
  /// Wall time.
  var seconds = 0.0
  /// Processor time of all threads of the process; nil if some of it was for other trainings.
  var cpuSeconds: Double? = 0
  /// Energy of the processor packages; nil if there are no counters.
  var joules: Double? = 0

  /// The sum is unmeasured if a part is.
  static func + (left: Usage, right: Usage) -> Usage {
    Usage(
      seconds: left.seconds + right.seconds, cpuSeconds: sum(left.cpuSeconds, right.cpuSeconds),
      joules: sum(left.joules, right.joules))
  }

  private static func sum(_ left: Double?, _ right: Double?) -> Double? {
    left.flatMap { left in right.map { left + $0 } }
  }
}

/// Measures usage from its creation on.
struct UsageMeter {
  private let start = ContinuousClock.now
  private let cpuStart: Double?
  private var energy = EnergyMeter()

  /// - Parameter ownsProcess: whether the process does nothing but the measured work. Only then is
  ///   its processor time that of the training.
  init(ownsProcess: Bool) {
    cpuStart = ownsProcess ? Self.processSeconds() : nil
  }

  /// Must be called at least every few minutes, since energy counters wrap around.
  mutating func sample() { energy?.sample() }

  mutating func usage() -> Usage {
    let cpuSeconds = cpuStart.flatMap { start in Self.processSeconds().map { $0 - start } }
    return Usage(seconds: seconds(since: start), cpuSeconds: cpuSeconds, joules: energy?.joules())
  }

  /// User and system time of all threads that the process has had; nil if the clock cannot be read.
  private static func processSeconds() -> Double? {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

func seconds(since start: ContinuousClock.Instant) -> Double {
  (ContinuousClock.now - start) / .seconds(1)
}
