import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Handles signals that end the process: Ctrl-C, SIGTERM, SIGHUP, and writing to a pipe without a reader.
///
/// Only the program decides about signals. Nothing here has an effect until it calls ``cleanUp()``.
package enum Signals {
  private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGPIPE]

  /// Lets these signals remove unfinished files before they end the process.
  package static func cleanUp() { csyscalls_clean_up_on_signals() }

  /// Sets whether the terminal shows a progress line, which a signal then clears.
  package static func lineIsShown(_ isShown: Bool) {
    csyscalls_clear_line_on_signal(isShown ? 1 : 0)
  }

  /// Runs `body` and delays the first signal, so that `body` can end at ``requireNone()`` and remove its files. Then the
  /// signal ends the process. A second signal ends it immediately.
  package static func puttingOff<Result: ~Copyable>(
    _ body: () throws(InitrdError) -> Result
  ) throws(InitrdError) -> Result {
    csyscalls_put_off_signals(1)
    defer { csyscalls_put_off_signals(-1) }
    return try body()
  }

  /// Whether a signal is delayed.
  package static var isWaiting: Bool { csyscalls_signal_waits() != 0 }

  /// Ends work while signals are delayed.
  ///
  /// - Throws: `cancelled` if a signal is delayed.
  package static func requireNone() throws(InitrdError) {
    if isWaiting { throw InitrdError(.cancelled, "a signal ended the work") }
  }

  /// Blocks these signals in this thread, and in threads that it starts, until ``restore(_:)``.
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

/// Lets signals remove a file until the value ends.
struct RemovedOnSignal: ~Copyable {
  private let place: Int32

  /// Registers the file at `path`, which is open as `file` and must outlive the value.
  init(_ path: String, _ file: borrowing OpenFile) {
    place = csyscalls_remove_on_signal(path, file.descriptor.rawValue)
  }

  deinit { csyscalls_keep_on_signal(place) }
}
