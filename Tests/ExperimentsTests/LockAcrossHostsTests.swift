import Compute
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Experiments

/// Messages that were announced.
private final class Messages: Sendable {
  private let messages = Mutex<[String]>([])

  var all: [String] { messages.withLock { $0 } }

  func add(_ message: String) { messages.withLock { $0.append(message) } }
}

/// Holds the system's lock of a file, like a process that was stopped.
private final class StoppedProcess: Sendable {
  private let descriptor = Mutex<Int32>(-1)

  func lock(_ path: String) {
    descriptor.withLock { descriptor in
      guard descriptor < 0 else { return }
      descriptor = open(path, O_RDWR)
      flock(descriptor, LOCK_EX | LOCK_NB)
    }
  }

  deinit { close(descriptor.withLock { $0 }) }
}

/// Hosts are told apart by their records; a file system that keeps locks to one host gives both of
/// them its lock.
@Suite("A folder that hosts share")
struct LockAcrossHostsTests {
  enum FileSystem: CaseIterable {
    /// As Lustre mounted with `localflock`.
    case localLocks
    /// As some FUSE drivers.
    case noLocks
  }

  private func rules(
    host: String, on fileSystem: FileSystem? = nil, patience: Duration = .milliseconds(400)
  ) -> LockRules {
    var rules = LockRules()
    rules.owner.host = host
    rules.interval = .milliseconds(20)
    rules.patience = patience
    rules.settling = .milliseconds(50)
    switch fileSystem {
    case .localLocks: rules.systemLock = { _ in 0 }
    case .noLocks: rules.systemLock = { _ in ENOSYS }
    case nil: break
    }
    return rules
  }

  /// Leaves a lock as a process that was killed does.
  private func abandon(_ folder: TemporaryFolder, host: String) throws {
    let record = LockRecord(owner: rules(host: host).owner)
    try Data(record.text.utf8).write(to: URL(fileURLWithPath: folder.path + "/lock"))
  }

  @Test("the lock names host, process and job of its owner, is written anew, and goes with it")
  func record() throws {
    let folder = try TemporaryFolder()
    var rules = rules(host: "node3")
    rules.owner.job = "Slurm job 17_3"
    do {
      let lock = try FolderLock(folder.path, rules: rules)
      defer { withExtendedLifetime(lock) {} }
      let first = try #require(LockRecord(path: folder.path + "/lock"))
      #expect(first.owner == rules.owner)
      try wait { LockRecord(path: folder.path + "/lock")?.beat ?? 0 >= 3 }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/lock"))
  }

  @Test("a living owner on another host keeps the folder, and is named", arguments: FileSystem.allCases)
  func living(_ fileSystem: FileSystem) throws {
    let folder = try TemporaryFolder()
    var first = rules(host: "node1", on: fileSystem)
    first.owner.job = "Slurm job 17_3"
    let lock = try FolderLock(folder.path, rules: first)
    // Never taken for dead, however long it takes.
    let second = rules(host: "node2", on: fileSystem, patience: .seconds(3600))
    let error = #expect(throws: RunError.self) { try FolderLock(folder.path, rules: second) }
    let process = first.owner.process
    #expect(
      error?.description
        == "\(folder.path): in use by another run, process \(process) on node1 (Slurm job 17_3)")
    withExtendedLifetime(lock) {}
  }

  @Test("who only looks sees by the record whether the owner lives, and neither waits nor makes a file")
  func looking() throws {
    let folder = try TemporaryFolder()
    let rules = rules(host: "node2", patience: .seconds(3600))
    #expect(!FolderLock.seemsOwned(folder.path, rules: rules))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    for host in ["node1", "node2"] {
      try abandon(folder, host: host)
      #expect(FolderLock.seemsOwned(folder.path, rules: rules))
    }
    // The last beat is long ago.
    try abandon(folder, host: "node1")
    let path = folder.path + "/lock"
    let old = Date.now.addingTimeInterval(-7200)
    try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
    #expect(!FolderLock.seemsOwned(folder.path, rules: rules))
    // No process has that number.
    var record = LockRecord(owner: rules.owner)
    record.owner.process = .max
    try Data(record.text.utf8).write(to: URL(fileURLWithPath: path))
    #expect(!FolderLock.seemsOwned(folder.path, rules: rules))
  }

  @Test("an owner on the same host keeps the folder where there are no locks")
  func sameHost() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path, rules: rules(host: "node1", on: .noLocks))
    let second = rules(host: "node1", on: .noLocks, patience: .seconds(3600))
    let error = #expect(throws: RunError.self) { try FolderLock(folder.path, rules: second) }
    #expect(error?.isInUse == true)
    withExtendedLifetime(lock) {}
  }

  @Test("a dead owner on another host loses the folder", arguments: FileSystem.allCases + [nil])
  func dead(_ fileSystem: FileSystem?) throws {
    let folder = try TemporaryFolder()
    try abandon(folder, host: "node1")
    let lock = try FolderLock(folder.path, rules: rules(host: "node2", on: fileSystem))
    #expect(LockRecord(path: folder.path + "/lock")?.owner.host == "node2")
    withExtendedLifetime(lock) {}
  }

  @Test("a dead owner on the same host loses the folder without a wait")
  func deadHere() throws {
    let folder = try TemporaryFolder()
    try abandon(folder, host: "node1")
    let lock = try FolderLock(folder.path, rules: rules(host: "node1", patience: .seconds(3600)))
    withExtendedLifetime(lock) {}
  }

  @Test("a host that started anew, and another one of the same name, count as another host")
  func boots() throws {
    let rules = rules(host: "node1")
    var other = rules.owner
    other.boot += "x"
    #expect(rules.owner.isOnSameHost(as: rules.owner))
    #expect(!rules.owner.isOnSameHost(as: other))
  }

  @Test("the wait for a heartbeat ends on interruption")
  func interrupted() throws {
    let folder = try TemporaryFolder()
    try abandon(folder, host: "node1")
    let interruption = Interruption()
    interruption.request()
    let waiting = rules(host: "node2", patience: .seconds(3600))
    let error = #expect(throws: RunError.self) {
      try FolderLock(folder.path, rules: waiting, interruption: interruption)
    }
    #expect(error?.isInterruption ?? false)
  }

  @Test("interruption of the locked work does not count as a lost lock")
  func stopped() throws {
    let folder = try TemporaryFolder()
    let interruption = Interruption()
    let lock = try FolderLock(folder.path, rules: rules(host: "node1"), interruption: interruption)
    interruption.request()
    #expect(lock.interruption.isRequested && !lock.isTakenOver)
    withExtendedLifetime(lock) {}
  }

  @Test("a long wait for a heartbeat is announced once, with the owner")
  func announced() throws {
    let folder = try TemporaryFolder()
    try abandon(folder, host: "node1")
    let said = Messages()
    let lock = try FolderLock(folder.path, rules: rules(host: "node2")) { said.add($0) }
    withExtendedLifetime(lock) {}
    let process = ProcessIdentity.current.process
    #expect(
      said.all == [
        "\(folder.path): waiting for a heartbeat of process \(process) on node1, which has locked the folder; "
          + "its lock is taken over 0 seconds after the last heartbeat"
      ])
  }

  @Test("the wait for a new file's lock is announced, ends on interruption, and leaves no file")
  func newFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/lock"
    var rules = rules(host: "node1")
    // Another process opens the file, locks it, and is stopped.
    let other = StoppedProcess()
    rules.systemLock = { descriptor in
      other.lock(path)
      return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
    }
    let interruption = Interruption()
    let said = Messages()
    let error = #expect(throws: RunError.self) {
      try FolderLock(folder.path, rules: rules, interruption: interruption) { message in
        said.add(message)
        interruption.request()
      }
    }
    #expect(error?.isInterruption ?? false)
    #expect(said.all.count == 1)
    #expect(said.all.first?.hasPrefix("\(path): waiting for ") ?? false, "\(said.all)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("the system's list of locks names the process that holds the lock of a file")
  func owners() {
    let locks = """
      1: POSIX  ADVISORY  WRITE 11 08:02:7 0 EOF
      2: FLOCK  ADVISORY  WRITE 12 08:02:17 0 EOF
      2: -> FLOCK  ADVISORY  WRITE 14 08:02:7 0 EOF
      3: FLOCK  ADVISORY  WRITE -1 08:02:5 0 EOF
      4: FLOCK  ADVISORY  WRITE 13 08:02:7 0 EOF
      """
    #expect(FileLockOwner.process(withLockOf: 7, in: locks) == 13)
    #expect(FileLockOwner.process(withLockOf: 17, in: locks) == 12)
    #expect(FileLockOwner.process(withLockOf: 5, in: locks) == nil)
    #expect(FileLockOwner.process(withLockOf: 2, in: locks) == nil)
  }

  @Test("an owner whose lock was taken over stops, and leaves the file to the other one")
  func lost() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/lock"
    do {
      let lock = try FolderLock(folder.path, rules: rules(host: "node1"))
      #expect(!lock.interruption.isRequested)
      try abandon(folder, host: "node2")
      try wait { lock.interruption.isRequested }
      #expect(lock.isTakenOver)
    }
    #expect(LockRecord(path: path)?.owner.host == "node2")
  }

  @Test("a record that cannot be read at a heartbeat is not that of another owner")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path, rules: rules(host: "node1"))
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/lock"))
    Thread.sleep(forTimeInterval: 0.2)
    #expect(!lock.isTakenOver)
    try abandon(folder, host: "node2")
    try wait { lock.isTakenOver }
  }

  @Test("a new file that is removed before it is locked is made again")
  func removed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/lock"
    var rules = rules(host: "node1")
    let isRemoved = Atomic<Bool>(false)
    rules.systemLock = { descriptor in
      if !isRemoved.exchange(true, ordering: .relaxed) { unlink(path) }
      return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
    }
    let lock = try FolderLock(folder.path, rules: rules)
    #expect(LockRecord(path: path)?.owner.host == "node1")
    withExtendedLifetime(lock) {}
  }

  @Test("a new file that another process has taken over stays when the wait for it is interrupted")
  func takenOverWhileNew() throws {
    let folder = try TemporaryFolder()
    let (path, interruption) = (folder.path + "/lock", Interruption())
    let record = LockRecord(owner: rules(host: "node2").owner)
    var rules = rules(host: "node1")
    rules.systemLock = { _ in
      _ = record.write(to: path)
      interruption.request()
      return EWOULDBLOCK
    }
    let error = #expect(throws: RunError.self) {
      try FolderLock(folder.path, rules: rules, interruption: interruption)
    }
    #expect(error?.isInterruption == true)
    #expect(LockRecord(path: path)?.id == record.id)
  }

  @Test("waits for the dead owners of trainings that shall be fresh are announced")
  func discarding() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    try run(spec, in: folder.path)
    var preparation = ExperimentPreparation(kernels: try Engine(threads: 1).kernels)
    let prepared = try preparation.prepare(spec)
    var cache = StageCache(results: folder.path)
    cache.rules = rules(host: "node2")
    let schedule = SuiteSchedule(
      [spec], prepared: [.success(prepared)], cache: cache, fresh: true
    ) { _, _ in }
    let record = LockRecord(owner: rules(host: "node1").owner)
    let entries = try cache.entries(of: folder.path).entries
    for entry in entries {
      try Data(record.text.utf8).write(to: URL(fileURLWithPath: entry.path + "/lock"))
    }
    let said = Messages()
    let state = ResultFolders(results: folder.path, experiment: spec.name).state
    try schedule.discard(0, Interruption(), announce: { said.add($0) }) { _ throws(RunError) in
      try FolderLock(state)
    }
    #expect(entries.count == 3 && said.all.count == 3)
    #expect(try cache.entries(of: folder.path).entries.allSatisfy { $0.epochsDone == 0 })
  }

  /// Rules of a process whose next heartbeat is far away, as after a suspension.
  private var suspended: LockRules {
    var rules = rules(host: "node1")
    rules.interval = .seconds(3600)
    return rules
  }

  @Test("an owner that was suspended knows from the file that it has lost it, before its next heartbeat")
  func lostWhileSuspended() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path, rules: suspended)
    #expect(lock.isOwned() && !lock.interruption.isRequested)
    try abandon(folder, host: "node2")
    #expect(!lock.isTakenOver)
    #expect(!lock.isOwned())
    #expect(lock.isTakenOver && lock.interruption.isRequested)
  }

  @Test("a training that has lost its folder saves nothing there, where another's is further")
  func savesNothing() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["prune=null", "expect=null"])
    let engine = try Engine(threads: 1)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let prepared = try preparation.prepare(spec)
    let stage = try #require(prepared.stages.first)
    let lock = try FolderLock(folder.path, rules: suspended)
    try abandon(folder, host: "node2")
    let training = VariantTraining(
      stage: stage, data: prepared.data, engine: engine, checkpoints: CheckpointStore(folder: folder.path),
      checkpointInterval: .zero, interruption: Interruption(within: lock.interruption), lock: lock,
      progress: .silent)
    let error = #expect(throws: RunError.self) { try training.run(fresh: false) }
    #expect(error?.isInterruption == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["lock"])
  }

  @Test(
    "of many that come at once, one gets the folder, also where its owner has died",
    arguments: FileSystem.allCases + [nil], [true, false])
  func race(_ fileSystem: FileSystem?, afterDeath: Bool) throws {
    let folder = try TemporaryFolder()
    if afterDeath { try abandon(folder, host: "node0") }
    let owners = Atomic<Int>(0)
    let errors = Mutex<[RunError]>([])
    let haveTried = Interruption()
    for number in 1...4 {
      var rules = rules(host: "node\(number)", on: fileSystem, patience: .seconds(5))
      // The machine may be busy.
      rules.settling = .seconds(2)
      Thread.detachNewThread { [rules, path = folder.path] in
        do throws(RunError) {
          let lock = try FolderLock(path, rules: rules)
          owners.add(1, ordering: .relaxed)
          // Kept until all others have tried.
          while !haveTried.isRequested { Thread.sleep(forTimeInterval: 0.01) }
          withExtendedLifetime(lock) {}
        } catch {
          errors.withLock { $0.append(error) }
        }
      }
    }
    defer { haveTried.request() }
    try wait { owners.load(ordering: .relaxed) + errors.withLock { $0.count } == 4 }
    #expect(owners.load(ordering: .relaxed) == 1)
    let refusals = errors.withLock { $0 }
    #expect(refusals.allSatisfy { $0.isInUse }, "\(refusals)")
  }

  @Test("a record is read as it was written, and part of one is none")
  func text() throws {
    for job in [nil, "Slurm job 17_3", "Kubernetes job a: b, index 2"] {
      var record = LockRecord(owner: rules(host: "node1").owner)
      record.owner.job = job
      record.beat = 12
      #expect(LockRecord(text: record.text) == record)
      for length in 0..<record.text.count where LockRecord(text: String(record.text.prefix(length))) != nil {
        // Whole lines: only the last one, the job, may be missing.
        #expect(job != nil && record.text.dropFirst(length).hasPrefix("job: "), "\(length)")
      }
    }
    #expect(LockRecord(text: "4711\n") == nil)
  }

  @Test("jobs of Slurm and Kubernetes are known by their variables")
  func jobs() {
    #expect(ProcessIdentity.clusterJob([:]) == nil)
    #expect(ProcessIdentity.clusterJob(["SLURM_JOB_ID": "21"]) == "Slurm job 21")
    let array = ["SLURM_JOB_ID": "21", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3"]
    #expect(ProcessIdentity.clusterJob(array) == "Slurm job 17_3")
    let pod = [
      "KUBERNETES_SERVICE_HOST": "10.0.0.1", "ESPALIER_JOB": "study", "JOB_COMPLETION_INDEX": "2",
    ]
    #expect(ProcessIdentity.clusterJob(pod) == "Kubernetes job study, index 2")
  }
}
