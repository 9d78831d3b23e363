import Compute
import Foundation
import Specification
import Synchronization
import Testing

@testable import Experiments
@testable import Reports

/// What happens to the files of a run while it trains.
@Suite("A run that is interfered with")
struct InterferenceTests {
  /// Runs an experiment without pruning, and does something after one of its epochs.
  ///
  /// - Returns: the outcome, and what the run has shown
  private func run(
    in folder: TemporaryFolder, fresh: Bool = false, afterEpoch epoch: Int = 1,
    interfere: @escaping @Sendable () -> Void
  ) throws -> (outcome: ExperimentOutcome, shown: ShownLines) {
    let shown = ShownLines()
    let runner = ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, fresh: fresh,
      progress: shown.printer(afterEpoch: epoch, do: interfere), interruption: Interruption())
    let outcomes = runner.run([try digits(["prune=null", "expect=null"])])
    return (try #require(outcomes.first), shown)
  }

  @Test("writes its report although its folder or the cache is removed", arguments: ["digits", ".cache"])
  func removed(_ name: String) throws {
    let folder = try TemporaryFolder()
    let (outcome, shown) = try run(in: folder) { [path = folder.path] in
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    #expect(outcome.failure == nil)
    for file in ["report.json", ".state/stages.json"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/digits/\(file)"), "\(file)")
    }
    #expect(shown.count("its lock was removed; the training resumes") == (name == ".cache" ? 1 : 0))
  }

  @Test(
    "resumes a training whose lock is removed, also one that it has started over",
    arguments: [true, false])
  func resumes(fresh: Bool) throws {
    let folder = try TemporaryFolder()
    let cache = StageCache(results: folder.path).folder
    let (outcome, shown) = try run(in: folder, fresh: fresh, afterEpoch: 2) {
      for key in (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? [] {
        unlink("\(cache)/\(key)/\(FolderLock.name)")
      }
    }
    #expect(outcome.failure == nil)
    // The second of the three is not saved without the lock.
    #expect(shown.count("epoch_ended") == 4)
  }

  @Test(
    "keeps what it has done of a training whose lock is taken over, also with --fresh",
    arguments: [true, false])
  func takenOverTraining(fresh: Bool) throws {
    let folder = try TemporaryFolder()
    let cache = StageCache(results: folder.path).folder
    // One of this host, which has ended once the lock of the system is free.
    let record = LockRecord(owner: .current)
    let (outcome, shown) = try run(in: folder, fresh: fresh, afterEpoch: 2) {
      for key in (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? [] {
        _ = record.write(to: "\(cache)/\(key)/\(FolderLock.name)")
      }
    }
    #expect(outcome.failure == nil)
    #expect(shown.count("another process, which has taken it over, is training it") == 1)
    // The second of the three is not saved without the lock.
    #expect(shown.count("epoch_ended") == 4)
  }

  @Test("fails if another run has taken over its folder")
  func takenOver() throws {
    let folder = try TemporaryFolder()
    var other = ProcessIdentity.current
    other.host += "x"
    let record = LockRecord(owner: other)
    let lock = "\(folder.path)/digits/.state/lock"
    let outcome = try run(in: folder) { _ = record.write(to: lock) }.outcome
    #expect(
      outcome.failure?.description
        == "\(folder.path)/digits: in use by another run, which has taken it over")
    #expect(LockRecord(path: lock)?.id == record.id)
  }

  @Test("does an experiment that another run has after all others", arguments: [true, false])
  func inUse(isReleased: Bool) throws {
    let folder = try TemporaryFolder()
    let specs = try ["first", "second"].map { try digits(["name=\($0)", "prune=null", "expect=null"]) }
    let lock = Mutex<FolderLock?>(try FolderLock("\(folder.path)/first/.state"))
    let runner = ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, progress: .silent,
      interruption: Interruption())
    let outcomes = runner.run(specs) { outcome in
      if isReleased, outcome.spec.name == "second" { lock.withLock { $0 = nil } }
    }
    #expect(outcomes.map { $0.failure == nil } == [isReleased, true])
    let message = outcomes.first?.failure?.description
    #expect(message?.contains("/first/.state: in use by another run") ?? isReleased)
    lock.withLock { $0 = nil }
  }

  @Test("says once of each experiment that another run has it")
  func announced() throws {
    let folder = try TemporaryFolder()
    let names = ["first", "second", "third"]
    let specs = try names.map { try digits(["name=\($0)", "prune=null", "expect=null"]) }
    let locks = try names.prefix(2).map { try FolderLock("\(folder.path)/\($0)/.state") }
    let shown = ShownLines()
    let runner = ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, progress: shown.printer(),
      interruption: Interruption())
    let outcomes = runner.run(specs)
    #expect(outcomes.map { $0.failure == nil } == [false, false, true])
    #expect(shown.count("continuing with other experiments") == 2)
    withExtendedLifetime(locks) {}
  }
}
