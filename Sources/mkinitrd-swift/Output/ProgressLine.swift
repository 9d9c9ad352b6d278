import InitrdKit
import Synchronization

/// One line on standard error that tells how far the writing of an image is: only on a terminal, and only when
/// the work takes longer than a second.
final class ProgressLine: Sendable {
  private let start = monotonicNanoseconds()
  private let shownAt = Mutex<UInt64?>(nil)
  private let isWanted: Bool

  init(quiet: Bool) { isWanted = !quiet && StandardError.isTerminal }

  /// What is to be called as the work goes on; `nil` when nobody would see it.
  var update: (@Sendable (WriteProgress) -> Void)? {
    isWanted ? { @Sendable progress in self.show(progress) } : nil
  }

  private func show(_ progress: WriteProgress) {
    let now = monotonicNanoseconds()
    // A tenth of a second between two is as much as an eye can follow.
    guard now - start > 1_000_000_000 else { return }
    shownAt.withLock { last in
      if let last, now - last < 100_000_000 { return }
      last = now
      Signals.lineIsShown(true)
      StandardError.show(Self.text(progress, columns: StandardError.columns))
    }
  }

  /// Takes the line away.
  func clear() {
    shownAt.withLock { last in
      if last != nil { StandardError.show("") }
      Signals.lineIsShown(false)
      last = nil
    }
  }

  /// The line, not wider than the screen: ` 42%  31 of 70 MB, 312 of 896 entries  lib/modules/…`.
  static func text(_ progress: WriteProgress, columns: Int) -> String {
    let percent = progress.bytes * 100 / max(1, progress.totalBytes)
    let done = rounded(Double(progress.bytes) / 1e6, decimals: 1)
    let all = rounded(Double(progress.totalBytes) / 1e6, decimals: 1)
    let text =
      "\(percent)%  \(done) of \(all) MB, \(progress.entries) of \(progress.totalEntries) entries"
      + "  \(progress.path)"
    // The last column is left free: some terminals wrap when it is filled.
    return String(text.prefix(max(0, columns - 1)))
  }
}
