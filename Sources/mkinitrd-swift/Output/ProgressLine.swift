import InitrdKit
import Synchronization

/// Shows the progress of writing an image as one line on standard error: only on a terminal, and only when the work
/// takes longer than a second.
final class ProgressLine: Sendable {
  private let start = monotonicNanoseconds()
  private let shownAt = Mutex<UInt64?>(nil)
  private let isWanted: Bool

  init(quiet: Bool) { isWanted = !quiet && StandardError.isTerminal }

  /// The closure to call with each progress; `nil` when no line is shown.
  var update: (@Sendable (WriteProgress) -> Void)? {
    isWanted ? { @Sendable progress in self.show(progress) } : nil
  }

  private func show(_ progress: WriteProgress) {
    let now = monotonicNanoseconds()
    // At most ten updates a second: an eye can't follow more.
    guard now - start > 1_000_000_000 else { return }
    shownAt.withLock { last in
      if let last, now - last < 100_000_000 { return }
      last = now
      Signals.lineIsShown(true)
      StandardError.show(Self.text(progress, columns: StandardError.columns))
    }
  }

  /// Removes the line.
  func clear() {
    shownAt.withLock { last in
      if last != nil { StandardError.show("") }
      Signals.lineIsShown(false)
      last = nil
    }
  }

  /// The line, cut to the width of the terminal: `42%  31.0 of 70.0 MB, 312 of 896 entries  /lib/modules/…`.
  static func text(_ progress: WriteProgress, columns: Int) -> String {
    let percent = progress.bytes * 100 / max(1, progress.totalBytes)
    let done = rounded(Double(progress.bytes) / 1e6, decimals: 1)
    let all = rounded(Double(progress.totalBytes) / 1e6, decimals: 1)
    let text =
      "\(percent)%  \(done) of \(all) MB, \(progress.entries) of \(progress.totalEntries) entries"
      + "  \(progress.path)"
    // The last column stays empty: some terminals wrap the line when it is filled.
    return String(text.prefix(max(0, columns - 1)))
  }
}
