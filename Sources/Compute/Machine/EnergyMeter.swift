import Foundation

/// Energy that the processor's packages and memory have used since the meter was made, from the
/// counters of Linux's powercap (RAPL; AMD's processors appear there under Intel's name).
///
/// The counters are the machine's: whatever else runs is in them. They wrap around, after minutes
/// at full load: `sample` has to be called more often than that.
public struct EnergyMeter {
  private struct Counter {
    let path: String
    /// Microjoules after which it begins again at 0.
    let range: UInt64
    var last: UInt64
  }

  private var counters: [Counter]
  private var microjoules: UInt64 = 0
  private var sampled = ContinuousClock.now

  /// Nil where there are no counters or they cannot be read: many systems let only root read them.
  ///
  /// - Parameter root: the folder of powercap's zones.
  public init?(root: String = "/sys/class/powercap") {
    let zones = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
    // `intel-rapl:0` is a package, `intel-rapl:0:1` a part of it; memory alone is not in its
    // package's counter.
    let measured = zones.filter { zone in
      guard zone.hasPrefix("intel-rapl:") else { return false }
      let name = Self.line("\(root)/\(zone)/name") ?? ""
      return name.hasPrefix("package") || name == "dram"
    }
    let counters = measured.map { Self.counter("\(root)/\($0)") }
    guard !counters.isEmpty, !counters.contains(where: { $0 == nil }) else { return nil }
    self.counters = counters.compactMap(\.self)
  }

  /// Looks at the counters if that was last done a while ago; cheap enough for every step of a
  /// training.
  public mutating func sample() {
    if ContinuousClock.now - sampled >= .seconds(10) { read() }
  }

  /// All that has been used so far.
  public mutating func joules() -> Double {
    read()
    return Double(microjoules) * 1e-6
  }

  private mutating func read() {
    sampled = .now
    for index in counters.indices {
      guard let now = Self.number("\(counters[index].path)/energy_uj") else { continue }
      let counter = counters[index]
      // A counter that is wrong about its own range adds nothing rather than nonsense.
      let used =
        now >= counter.last
        ? now - counter.last : counter.range >= counter.last ? now &+ (counter.range - counter.last) : 0
      microjoules = microjoules &+ used
      counters[index].last = now
    }
  }

  private static func counter(_ path: String) -> Counter? {
    guard let now = number(path + "/energy_uj"), let range = number(path + "/max_energy_range_uj") else {
      return nil
    }
    return Counter(path: path, range: range, last: now)
  }

  private static func number(_ path: String) -> UInt64? { line(path).flatMap(UInt64.init) }

  private static func line(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
