import Foundation
import TestSupport
import Testing

/// Puts trials through scenarios, and counts those that end as they should.
final class Torture {
  /// The outcome of an undisturbed trial, and how long it took.
  let expected: [String: Data]
  let seconds: Double
  private(set) var scenarios = 0
  private(set) var passed = 0
  private var kills = 0
  private var killsInWrites = 0
  private var random = SplitMix(state: 20_240_607)

  init() throws {
    let start = ContinuousClock.now
    expected = try Trial.undisturbedOutcome()
    seconds = (ContinuousClock.now - start) / .seconds(1)
  }

  var summary: String { "\(passed) of \(scenarios); \(kills) kills, \(killsInWrites) of them within a write" }

  /// A body throws where something is not as it should be, and returns what is worth telling.
  private func scenario(_ name: String, epochs: Int = 4, _ body: (Trial) throws -> String) {
    scenarios += 1
    do {
      let told = try body(Trial(epochs: epochs))
      passed += 1
      TortureTests.say("\(scenarios): \(name): \(told)")
    } catch {
      Issue.record("scenario \(scenarios), \(name): \(error)")
      TortureTests.say("\(scenarios): \(name): FAILED: \(error)")
    }
  }

  private func threads() -> Int { Int.random(in: 1...4, using: &random) }

  // MARK: Scenarios

  /// Seconds between checkpoints, so that one is written after every step, now and then, or after
  /// epochs only; and how many times as long as without any it may take.
  private static let pace: [(interval: Double, duration: Double)] = [(0, 3), (0.05, 1.5), (1000, 1)]

  /// Kills at random moments, one to four times a trial, until it has been done `count` times.
  func kill(_ count: Int) {
    while kills < count {
      scenario("killed") { trial in
        var moments: [String] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let (interval, duration) = Self.pace[Int.random(in: 0..<Self.pace.count, using: &random)]
          let command = try trial.start(threads: threads(), interval: interval)
          let moment = Double.random(in: 0...duration * seconds, using: &random)
          Thread.sleep(forTimeInterval: moment)
          command.send(SIGKILL)
          let result = try command.end()
          if result.status == 0 { break }
          try require(result.status == -SIGKILL, "ended with \(result.status): \(result.errors)")
          try require(!result.errors.contains("damaged"), result.errors)
          kills += 1
          let isInWrite = trial.hasLeftovers
          killsInWrites += isInWrite ? 1 : 0
          moments.append("\(Int(1000 * moment)) ms" + (isInWrite ? ", in a write" : ""))
        }
        let said = try trial.finish(expected, threads: threads())
        try require(!said.contains("damaged"), said)
        return moments.joined(separator: "; ")
      }
    }
  }

  /// SIGINT and SIGTERM at random moments, once and twice.
  func signal(rounds: Int) throws {
    // Enough for a busy machine to see the signals before the run ends.
    let epochs = 40
    let expected = try Trial.undisturbedOutcome(epochs: epochs)
    for round in 0..<rounds {
      for (name, signals) in [
        ("SIGINT", [SIGINT]), ("SIGTERM", [SIGTERM]), ("SIGINT twice", [SIGINT, SIGINT]),
        ("SIGTERM, then SIGINT", [SIGTERM, SIGINT]),
      ] {
        scenario(name, epochs: epochs) { trial in
          let command = try trial.start(threads: threads(), interval: round % 2 == 0 ? 1000 : 0)
          _ = try command.waits { trial.hasStarted }
          Thread.sleep(forTimeInterval: Double.random(in: 0...0.5 * seconds, using: &random))
          signals.forEach(command.send)
          let result = try command.end()
          try require(result.status == 130, "ended with \(result.status): \(result.errors)")
          let isTold = result.errors.contains("interrupted; the state is saved")
          try require(signals.count > 1 || isTold, result.errors)
          try trial.finish(expected, threads: threads())
          return "exit 130"
        }
      }
    }
  }

  /// Checkpoints that are cut off, emptied, overwritten, or have a bit flipped: the newest, or both
  /// that are kept.
  func damage(rounds: Int) {
    for _ in 0..<rounds {
      for count in [1, 2] {
        for kind in Damage.allCases {
          scenario("\(kind.rawValue), \(count == 1 ? "the newest checkpoint" : "both checkpoints")") {
            trial in
            let checkpoints = try trial.runUntilTwoCheckpoints()
            for url in checkpoints.suffix(count) {
              try kind.applied(to: Data(contentsOf: url), &random).write(to: url)
            }
            let said = try trial.finish(expected, threads: threads())
            for url in checkpoints.suffix(count) {
              let warning = said.split(separator: "\n").first { $0.contains(url.lastPathComponent) }
              try require(warning?.contains("warning: ") == true, "nothing is said of it: \(said)")
            }
            return "told, and passed over"
          }
        }
      }
    }
  }

  enum Damage: String, CaseIterable {
    case truncated, emptied
    case flipped = "a bit flipped"
    case overwritten = "overwritten in the middle"

    func applied(to data: Data, _ random: inout SplitMix) -> Data {
      var data = data
      let place = Int.random(in: 0..<data.count, using: &random)
      switch self {
      case .truncated: data = data.prefix(place)
      case .emptied: data = Data()
      case .flipped: data[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case .overwritten:
        for index in place..<min(place + 512, data.count) { data[index] = ~data[index] }
      }
      return data
    }
  }

  /// A second run while the first one, stopped for the moment, has the folder.
  func runTwice() {
    scenario("a second run on the same folder") { trial in
      let first = try trial.start()
      try require(first.waits { trial.hasStarted }, "the first did not start")
      first.send(SIGSTOP)
      let second = try trial.run()
      first.send(SIGCONT)
      let owner = first.process.processIdentifier
      try require(second.status == 3, "the second ended with \(second.status): \(second.errors)")
      try require(second.errors.contains("in use by another run, process \(owner)\n"), second.errors)
      try require(second.errorLines.count == 1, second.errors)
      let result = try first.end()
      try require(result.status == 0, "the first ended with \(result.status): \(result.errors)")
      try trial.finish(expected)
      return "refused, process \(owner) has it"
    }
  }

  func readOnly() {
    scenario("a read-only folder") { trial in
      let disk = try SmallDisk(at: trial.results, kilobytes: 4000)
      let saved = try trial.runUntilTwoCheckpoints()
      try disk.makeReadOnly()
      let result = try trial.run()
      try require(result.status == 3, "ended with \(result.status): \(result.errors)")
      try require(
        result.errorLines.count == 1 && result.errors.contains("Read-only file system"), result.errors)
      try require(trial.hasKept(saved), "checkpoints are lost")
      try disk.makeWritable()
      try trial.finish(expected)
      return "one line, exit 3; going on when it can be written"
    }
  }

  /// A disk with room for less and less, from the start and in the middle.
  func fillDisk(leaving sizes: [Int]) {
    for kilobytes in sizes {
      for isBegun in [false, true] {
        scenario("a disk with \(kilobytes) KB free\(isBegun ? ", in the middle" : "")") { trial in
          let disk = try SmallDisk(at: trial.results, kilobytes: 4000)
          let saved = isBegun ? try trial.runUntilTwoCheckpoints() : []
          try disk.fill(leaving: kilobytes)
          let result = try trial.run()
          try require(result.status == 3, "ended with \(result.status): \(result.errors)")
          try require(result.errorLines.count == 1, result.errors)
          try require(result.errors.contains("No space left on device"), result.errors)
          try require(!isBegun || trial.hasKept(saved), "checkpoints are lost")
          try disk.free()
          try trial.finish(expected)
          return "one line, exit 3; going on when there is space"
        }
      }
    }
  }
}
