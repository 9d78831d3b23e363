import Foundation
import Synchronization

/// Whether the user has asked to stop, by SIGINT or SIGTERM.
///
/// The first signal lets the step in progress end, and the state be saved; a second one ends the process at once.
public final class Interruption: Sendable {
  private let requested = Atomic<Bool>(false)
  private let parent: Interruption?

  /// - Parameter parent: an interruption that requests this one as well.
  public init(within parent: Interruption? = nil) { self.parent = parent }

  public var isRequested: Bool {
    requested.load(ordering: .relaxed) || parent?.isRequested ?? false
  }

  public func request() {
    requested.store(true, ordering: .relaxed)
  }

  /// Listens for signals from now on; the returned sources must be kept as long as that is wanted.
  public func listen() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        if isRequested { _exit(130) }
        request()
      }
      source.resume()
      return source
    }
  }
}
