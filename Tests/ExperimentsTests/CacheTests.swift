import Foundation
import Specification
import Testing

@testable import Experiments

@Suite("The stage cache")
struct CacheTests {
  private func remaining(_ folder: TemporaryFolder) throws -> Int {
    try CacheListing(results: folder.path).entries.count
  }

  @Test("lists what is trained, how far, how large it is and who uses it")
  func listing() throws {
    let folder = try TemporaryFolder()
    #expect(try CacheListing(results: folder.path).text() == "nothing is cached")
    try run(digits(), in: folder.path)
    let entries = try CacheListing(results: folder.path).entries
    #expect(
      Set(entries.map(\.stage)) == [
        "resnet-8 × 0.25 on digits, 3 epochs, seed 0, baseline",
        "resnet-8 × 0.25 on digits, 3 epochs, seed 0, pruned by feature_relevance to ratio 0.4",
        "resnet-8 × 0.25 on digits, 1 of 3 epochs, seed 0, shared beginning",
      ])
    #expect(entries.compactMap(\.epochs).sorted() == [1, 3, 3])
    #expect(entries.allSatisfy { $0.epochs == $0.epochsDone && $0.bytes > 10_000 })
    #expect(entries.allSatisfy { $0.experiments == ["digits"] })
    let listing = try CacheListing(results: folder.path)
    #expect(entries.count { $0.kind == .beginning } == 1)
    #expect(listing.text().contains("\n\n2 trainings, 1 shared beginning, "))
    #expect(listing.text().contains("  the state after epoch 1, "))
    #expect(listing.json().contains("\"kind\" : \"shared beginning\""))
    let removal = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: true)
    #expect(removal.text(isDry: true).contains("\nwould remove 2 trainings, 1 shared beginning, "))
  }

  @Test("lists the newest first, also within a second, and those of the same time by key")
  func order() throws {
    let keys = ["a", "b", "c"].map { String(repeating: $0, count: 64) }
    let folder = try TemporaryFolder(
      texts: Dictionary(uniqueKeysWithValues: keys.map { (".cache/\($0)/stage.yaml", "") }))
    let now = Date.now
    for (key, age) in zip(keys, [100.5, 100.25, 100.25]) {
      try FileManager.default.setAttributes(
        [.modificationDate: now.addingTimeInterval(-age)],
        ofItemAtPath: "\(folder.path)/.cache/\(key)/stage.yaml")
    }
    #expect(try CacheListing(results: folder.path).entries.map(\.key) == [keys[1], keys[2], keys[0]])
  }

  @Test("loses what nobody uses any more, and nothing else")
  func unused() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    try run(digits(["name=other", "prune.criterion=l1_norm"]), in: folder.path)
    #expect(try remaining(folder) == 4)
    func prune(isDry: Bool = false) throws -> Int {
      try CachePruning(results: folder.path, unusedOnly: true, minimumAge: 0, isDry: isDry).removed.count
    }
    #expect(try prune() == 0)
    // Another recipe under the old name; another folder gone.
    try run(digits(["prune.ratio=0.2"]), in: folder.path)
    #expect(try prune(isDry: true) == 1)
    #expect(try remaining(folder) == 5)
    #expect(try prune() == 1)
    try FileManager.default.removeItem(atPath: folder.path + "/other")
    #expect(try prune() == 1)
    #expect(try remaining(folder) == 3)
  }

  @Test("loses nothing unused while it is not known which trainings an experiment uses")
  func unknownUse() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let uses = folder.path + "/digits/.state/stages.json"
    func refusal(isDry: Bool) -> String? {
      let error = #expect(throws: RunError.self) {
        try CachePruning(results: folder.path, unusedOnly: true, minimumAge: 0, isDry: isDry)
      }
      return error?.description
    }
    let problem = "\(uses): cannot be read; it is not known which trainings the experiment uses"
    try Data("{[".utf8).write(to: URL(fileURLWithPath: uses))
    #expect(try CacheListing(results: folder.path).problems == [problem])
    for isDry in [true, false] { #expect(refusal(isDry: isDry) == "\(problem), so that nothing is removed") }
    // The second link leads to a disk that is not there.
    for destination in ["digits", folder.path + "/disk/digits"] {
      try FileManager.default.removeItem(atPath: folder.path + "/digits")
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/digits", withDestinationPath: destination)
      #expect(refusal(isDry: false) == "\(problem), so that nothing is removed")
    }
    #expect(try remaining(folder) == 3)
    let all = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: true)
    #expect(all.removed.count == 3 && all.problems == [problem])
  }

  @Test("that is not a folder is an error, not an empty cache")
  func notAFolder() throws {
    let folder = try TemporaryFolder(texts: [".cache": ""])
    let error = #expect(throws: RunError.self) {
      try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: true)
    }
    #expect(error?.description == "\(folder.path)/.cache: cannot be read as a folder")
    #expect(throws: RunError.self) { try CacheListing(results: folder.path) }
  }

  @Test("loses the others where an entry cannot be removed, and says why")
  func unremovable() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let first = try #require(CacheListing(results: folder.path).entries.first)
    // Not even root uses this as a lock.
    #expect(symlink("missing", first.path + "/lock") == 0)
    let pruning = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: false)
    #expect(pruning.removed.count == 2 && pruning.inUse.isEmpty)
    #expect(
      pruning.failures == [
        "\(first.path)/lock: is a symbolic link; expected a lock of this program: remove it"
      ])
    #expect(try CacheListing(results: folder.path).entries.map(\.key) == [first.key])
  }

  /// The path of an entry in a results folder.
  private let entry = ".cache/" + String(repeating: "a", count: 64)

  @Test("says what in an entry may not be removed", .enabled(if: geteuid() != 0))
  func protected() throws {
    let folder = try TemporaryFolder(texts: ["\(entry)/kept/file": ""])
    let kept = "\(folder.path)/\(entry)/kept"
    #expect(chmod(kept, 0o555) == 0)
    defer { chmod(kept, 0o755) }
    let pruning = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: false)
    #expect(pruning.removed.isEmpty && pruning.failures.count == 1)
    #expect(pruning.failures.first?.hasPrefix("\(kept): cannot be removed: ") == true)
  }

  @Test("loses an entry that is a link to a folder, with what is in the folder")
  func link() throws {
    let folder = try TemporaryFolder(texts: [".cache/note": "", "disk/file": ""])
    #expect(symlink("../disk", "\(folder.path)/\(entry)") == 0)
    let pruning = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: false)
    #expect(pruning.removed.count == 1 && pruning.failures.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/.cache") == ["note"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/disk").isEmpty)
  }

  @Test("keeps an entry that is a link to a folder that a run works in")
  func linkInUse() throws {
    let folder = try TemporaryFolder(texts: [".cache/note": "", "disk/file": ""])
    let link = "\(folder.path)/\(entry)"
    #expect(symlink("../disk", link) == 0)
    let lock = try FolderLock(link)
    let pruning = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: false)
    #expect(pruning.inUse.count == 1 && pruning.failures.isEmpty)
    #expect(FileManager.default.fileExists(atPath: "\(link)/file"))
    withExtendedLifetime(lock) {}
  }

  @Test("keeps all trainings of an experiment that is running", arguments: [true, false])
  func running(isDry: Bool) throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let lock = try FolderLock(folder.path + "/digits/.state")
    let pruning = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: isDry)
    #expect(pruning.removed.isEmpty && pruning.inUse.count == 3)
    #expect(try remaining(folder) == 3)
    withExtendedLifetime(lock) {}
  }

  @Test("keeps what is young, and what a run works at")
  func kept() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let old = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 3600, isDry: false)
    #expect(old.removed.isEmpty)
    let lock = try FolderLock(stageFolder(folder.path, variant: .pruned))
    let shown = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: true)
    let all = try CachePruning(results: folder.path, unusedOnly: false, minimumAge: 0, isDry: false)
    withExtendedLifetime(lock) {}
    #expect(shown.removed.map(\.key) == all.removed.map(\.key))
    #expect(shown.inUse.map(\.key) == all.inUse.map(\.key))
    #expect(
      all.removed.map(\.stage).sorted() == [
        "resnet-8 × 0.25 on digits, 1 of 3 epochs, seed 0, shared beginning",
        "resnet-8 × 0.25 on digits, 3 epochs, seed 0, baseline",
      ])
    #expect(all.inUse.count == 1)
    #expect(try remaining(folder) == 1)
  }
}
