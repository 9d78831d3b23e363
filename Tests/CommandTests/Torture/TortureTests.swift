import Foundation
import Testing

/// Everything that may happen to a run: it is killed, stopped, its files are damaged, or there is
/// no place to write. Whatever it was, the same command goes on, and in the end all bytes are those
/// of an undisturbed run.
///
/// `make torture` asks for 200 kills, and for a line a scenario.
@Suite("Torture")
struct TortureTests {
  static let requestedKills = ProcessInfo.processInfo.environment["ESPALIER_TORTURE_KILLS"].flatMap {
    Int($0)
  }

  static func say(_ line: String) {
    if requestedKills != nil { FileHandle.standardError.write(Data((line + "\n").utf8)) }
  }

  @Test("whatever happens to a run on the way, its bytes are the same in the end")
  func sameBytes() throws {
    let torture = try Torture()
    let isFull = Self.requestedKills != nil
    torture.kill(Self.requestedKills ?? 10)
    try torture.signal(rounds: isFull ? 6 : 1)
    torture.damage(rounds: isFull ? 4 : 1)
    torture.runTwice()
    if SmallDisk.isPossible {
      torture.readOnly()
      torture.fillDisk(leaving: isFull ? [0, 20, 60, 100, 150, 200] : [0, 100])
    } else {
      Self.say("only root can mount a disk: no read-only folder, no full disk")
    }
    Self.say(torture.summary)
    #expect(torture.passed == torture.scenarios)
  }
}
