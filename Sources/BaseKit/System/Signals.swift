import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What happens when a signal ends the process: Ctrl-C, SIGTERM, SIGHUP, or a pipe whose reader has gone.
///
/// Only a program decides about signals. Until it calls ``cleanUp()``, nothing here has an effect.
package enum Signals {
  private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGPIPE]

  /// From now on these signals remove unfinished files before they end the process.
  package static func cleanUp() { csyscalls_clean_up_on_signals() }

  /// Says whether a line of progress stands on the terminal, which a signal then clears.
  package static func lineIsShown(_ isShown: Bool) {
    csyscalls_clear_line_on_signal(isShown ? 1 : 0)
  }

  /// Runs `body` without being ended by a first signal, so that `body` can end itself at ``requireNone()`` and remove
  /// what it has made; the signal ends the process after that. A second signal ends it at once.
  package static func puttingOff<Result: ~Copyable>(
    _ body: () throws(InitrdError) -> Result
  ) throws(InitrdError) -> Result {
    csyscalls_put_off_signals(1)
    defer { csyscalls_put_off_signals(-1) }
    return try body()
  }

  /// Whether a signal has come that is put off.
  package static var isWaiting: Bool { csyscalls_signal_waits() != 0 }

  /// Ends work in which signals are put off.
  ///
  /// - Throws: `cancelled` when a signal has come.
  package static func requireNone() throws(InitrdError) {
    if isWaiting { throw InitrdError(.cancelled, "a signal ended the work") }
  }

  /// Keeps such signals from this thread, and from those that it starts, until ``restore(_:)``.
  static func block() -> sigset_t {
    var (blocked, before) = (sigset_t(), sigset_t())
    sigemptyset(&blocked)
    for signal in ending { sigaddset(&blocked, signal) }
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    return before
  }

  /// Undoes ``block()``.
  static func restore(_ before: sigset_t) {
    var before = before
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}

/// A file that a signal removes, until the value ends.
struct RemovedOnSignal: ~Copyable {
  private let place: Int32

  /// The file at `path`, which is open as `file` and must outlive the value.
  init(_ path: String, _ file: borrowing OpenFile) {
    place = csyscalls_remove_on_signal(path, file.descriptor.rawValue)
  }

  deinit { csyscalls_keep_on_signal(place) }
}
