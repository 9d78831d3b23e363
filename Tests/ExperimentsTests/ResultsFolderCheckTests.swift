import Foundation
import Testing

@testable import Experiments

@Suite("The check of a results folder")
struct ResultsFolderCheckTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("finds that files can be made, locked and renamed, and leaves none")
  func usable() throws {
    let check = ResultsFolderCheck(folder.path)
    #expect(check.hasFlock == true && check.problem == nil)
    let free = try #require(check.freeGib)
    #expect(free >= 0)
    #expect(check.text.hasPrefix(folder.path))
    #expect(check.text.hasSuffix("; locked by flock on this host, by owner files from others"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("is of the nearest folder above one that does not exist, and does not make it")
  func missing() throws {
    let path = folder.path + "/study/results"
    let check = ResultsFolderCheck(path)
    #expect(check.path == path)
    #expect(check.hasFlock == true && check.problem == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
