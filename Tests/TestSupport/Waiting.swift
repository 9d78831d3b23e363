import Foundation

/// A condition did not hold in time.
public struct WaitedInVain: Error, CustomStringConvertible {
  public let description: String
}

/// Waits until a condition holds.
///
/// - Throws: `WaitedInVain` if it does not within `limit`, so that a failure is no silent hang.
public func wait(
  upTo limit: Duration = .seconds(600), file: String = #fileID, line: Int = #line,
  until condition: () throws -> Bool
) throws {
  let end = ContinuousClock.now + limit
  while try !condition() {
    guard ContinuousClock.now < end else {
      throw WaitedInVain(description: "\(file):\(line): what is waited for did not happen in \(limit)")
    }
    Thread.sleep(forTimeInterval: 0.005)
  }
}
