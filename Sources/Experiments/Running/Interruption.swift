import Foundation
import Synchronization

/// Whether the user, or a cluster, has asked to stop: by SIGINT, SIGTERM, SIGUSR1 or SIGUSR2.
///
/// The first signal lets the step in progress end, and the state be saved; a second one ends the process at once. What
/// comes within a second of the first is still the first: Slurm and mpirun signal a process and whoever passes the signal
/// on to it.
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
    let first = Mutex<ContinuousClock.Instant?>(nil)
    return [SIGINT, SIGTERM, SIGUSR1, SIGUSR2].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        let now = ContinuousClock.now
        let start = first.withLock { first in
          first = first ?? now
          return first ?? now
        }
        if now - start > .seconds(1) { _exit(130) }
        request()
      }
      source.resume()
      return source
    }
  }
}
