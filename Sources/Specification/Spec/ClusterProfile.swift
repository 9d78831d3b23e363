/// Settings of a cluster that do not belong in experiments: the contents of `cluster.yaml`.
///
/// Options of `submit` override them; missing settings have the defaults of `submit`.
public struct ClusterProfile: Equatable, Sendable {
  /// Of each task.
  public var threads: Int?
  public var memory: MemorySize?
  public var time: TimeLimit?
  /// Largest number of tasks that run at the same time.
  public var limit: Int?
  /// Shell commands to run before the program, such as `module load openblas`.
  public var setup: [String] = []
  public var slurm = Slurm()
  public var kubernetes = Kubernetes()

  public struct Slurm: Equatable, Sendable {
    public var partition: String?
    public var account: String?
    public var signal: EarlySignal?
    /// Further options of sbatch, such as `--qos=long`.
    public var options: [String] = []

    public init() {}
  }

  public struct Kubernetes: Equatable, Sendable {
    public var image: String?
    public var namespace: String?
    /// The persistent volume claim with the working folder: data and results.
    public var claim: String?

    public init() {}
  }

  public init() {}
}

/// A size of memory, in mebibytes; written as `800M`, `16G` or `1T`.
public struct MemorySize: Hashable, Sendable, CustomStringConvertible {
  public var mebibytes: Int

  /// What a text has to be, for error messages.
  package static let expectation = "a size such as `800M` or `16G`"

  public init(mebibytes: Int) { self.mebibytes = mebibytes }

  public init?(_ text: String) {
    let units: [Character: Int] = ["M": 1, "G": 1024, "T": 1024 * 1024]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), count > 0 else {
      return nil
    }
    let (mebibytes, overflow) = count.multipliedReportingOverflow(by: unit)
    // A pebibyte.
    guard !overflow, mebibytes <= 1 << 30 else { return nil }
    self.mebibytes = mebibytes
  }

  public var description: String { "\(mebibytes)M" }
}

/// Time limit of a task, in Slurm's format: `90` (minutes), `2:30:00`, `1-12` or `1-12:30:00` (days
/// first).
public struct TimeLimit: Hashable, Sendable, CustomStringConvertible {
  /// Whole minutes, Slurm's resolution.
  public var minutes: Int

  /// What a text has to be, for error messages.
  package static let expectation = "a time such as `90` (minutes), `2:30:00` or `1-12:00:00`"

  public init(minutes: Int) { self.minutes = minutes }

  public init?(_ text: String) {
    let halves = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = (halves.last ?? "").split(separator: ":", omittingEmptySubsequences: false).map {
      Int($0).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
    }
    let numbers = parts.compactMap { $0 }
    guard numbers.count == parts.count, (1...3).contains(numbers.count) else { return nil }
    let seconds: Int
    if halves.count == 2 {
      guard let days = Int(halves[0]), (0...10_000).contains(days) else { return nil }
      seconds = days * 86_400 + zip(numbers, [3600, 60, 1]).map { $0 * $1 }.reduce(0, +)
    } else {
      let units = numbers.count == 3 ? [3600, 60, 1] : [60, 1]
      seconds = zip(numbers, units).map { $0 * $1 }.reduce(0, +)
    }
    guard seconds > 0 else { return nil }
    minutes = (seconds + 59) / 60
  }

  public var description: String {
    let (days, hours) = (minutes / 1440, minutes / 60 % 24)
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
    return (days > 0 ? "\(days)-" : "") + "\(two(hours)):\(two(minutes % 60)):00"
  }
}

/// A signal that Slurm sends some time before the limit; written as `USR1@120`.
public struct EarlySignal: Hashable, Sendable, CustomStringConvertible {
  /// `TERM`, `USR1` or `USR2`.
  public var name: String
  /// Before the time limit. Slurm may be up to a minute early.
  public var seconds: Int

  public static let names = ["TERM", "USR1", "USR2"]
  /// What a text has to be, for error messages.
  package static let expectation = "TERM, USR1 or USR2 and seconds, such as `USR1@120`"

  public init(name: String, seconds: Int) {
    self.name = name
    self.seconds = seconds
  }

  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, Self.names.contains(String(parts[0])), let seconds = Int(parts[1]),
      (1...65_535).contains(seconds)
    else { return nil }
    self.init(name: String(parts[0]), seconds: seconds)
  }

  public var description: String { "\(name)@\(seconds)" }
}
