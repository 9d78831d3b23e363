import Foundation
import Synchronization

/// Whether the user, or a cluster, has asked to stop: by SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2
/// or SIGHUP.
///
/// After the first signal, the current step ends and the state is saved; a second one, except
/// SIGHUP, ends the process at once. Signals within a second of the first count as the first, since
/// Slurm and mpirun signal a process as well as its parent, which forwards the signal.
public final class Interruption: Sendable {
  private let requested = Atomic<Bool>(false)
  private let listens = Atomic<Bool>(false)
  private let parent: Interruption?

  /// - Parameter parent: an interruption that also requests this one.
  public init(within parent: Interruption? = nil) { self.parent = parent }

  public var isRequested: Bool {
    requested.load(ordering: .relaxed) || parent?.isRequested ?? false
      || (listens.load(ordering: .relaxed) && StopSignals.areReceived)
  }

  /// Whether this interruption itself was requested, not only the enclosing one.
  var isRequestedItself: Bool { requested.load(ordering: .relaxed) }

  public func request() {
    requested.store(true, ordering: .relaxed)
  }

  /// Listens for signals until the end of the process.
  public func listen() {
    StopSignals.listen()
    listens.store(true, ordering: .relaxed)
  }
}

/// The signals that ask this process to stop.
///
/// A handler that only counts needs no thread, which a limit on processes may prevent.
private enum StopSignals {
  private static let hangups = Atomic<Int>(0)
  /// Time of the first signal in milliseconds; ``never`` before.
  private static let first = Atomic<Int>(never)
  private static let never = -1
  /// All but SIGHUP. Swift's runtime would report SIGQUIT as a crash, and go on.
  private static let interrupts = [SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2]

  /// A monotonic clock that is safe in a handler.
  private static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  static var areReceived: Bool {
    first.load(ordering: .relaxed) != never || hangups.load(ordering: .relaxed) > 0
  }

  static func listen() {
    // Initialize all memory before a handler needs it.
    _ = areReceived
    for number in interrupts {
      handle(number) { _ in StopSignals.interrupt() }
    }
    // `nohup` ignores SIGHUP. Shells and terminals may send it several times when they end.
    if !isIgnored(SIGHUP) { handle(SIGHUP) { _ in StopSignals.hangUp() } }
    unblock()
  }

  /// Unblocks the signals: if a parent has blocked them, as threads of Dispatch do, its child
  /// processes inherit that.
  private static func unblock() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in interrupts + [SIGHUP] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func interrupt() {
    let now = milliseconds()
    // Atomic, since another handler may run on another thread.
    let earlier = first.compareExchange(expected: never, desired: now, ordering: .relaxed)
    if !earlier.exchanged, now - earlier.original > 1000 { _exit(130) }
  }

  private static func hangUp() { hangups.wrappingAdd(1, ordering: .relaxed) }

  private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = Int32(SA_RESTART)
    sigfillset(&action.sa_mask)
    sigaction(number, &action, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
