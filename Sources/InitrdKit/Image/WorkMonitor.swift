import Synchronization

/// Reports the progress of writing to a caller, and ends the work when it is cancelled. All threads of a build share it.
final class WorkMonitor: Sendable {
  private let progress: (@Sendable (WriteProgress) -> Void)?
  private let state: Mutex<State>
  private let cancellation: Cancellation?

  private struct State {
    var progress: WriteProgress
    /// Whether a thread is calling the closure.
    var isTelling = false
    /// Whether the progress changed since that thread took its copy.
    var hasNews = false
  }

  init(_ plan: Plan, _ options: WriteOptions) {
    progress = options.progress
    cancellation = options.cancellation
    var start = WriteProgress(entries: 0, totalEntries: 0, bytes: 0, totalBytes: 0, path: .root)
    for archive in plan.archives {
      start.totalEntries += archive.entries.count
      start.totalBytes += archive.entries.reduce(0) { $0 + UInt64($1.storedSize) }
    }
    state = Mutex(State(progress: start))
  }

  /// Reports the start of an entry.
  ///
  /// - Throws: `cancelled` when the work was cancelled.
  func begin(_ entry: PlannedEntry) throws(InitrdError) {
    try requireWanted()
    tell {
      $0.entries += 1
      $0.path = entry.path
    }
  }

  /// Reports that bytes of an entry's content were read.
  ///
  /// - Throws: `cancelled` when the work was cancelled.
  func passed(_ bytes: UInt64) throws(InitrdError) {
    try requireWanted()
    if bytes > 0 { tell { $0.bytes += bytes } }
  }

  private func tell(_ change: (inout WriteProgress) -> Void) {
    guard let progress else { return }
    var isMine = state.withLock { state in
      change(&state.progress)
      state.hasNews = true
      defer { state.isTelling = true }
      return !state.isTelling
    }
    while isMine {
      let news = state.withLock { state -> WriteProgress? in
        defer { state.hasNews = false }
        if !state.hasNews { state.isTelling = false }
        return state.hasNews ? state.progress : nil
      }
      if let news { progress(news) } else { isMine = false }
    }
  }

  private func requireWanted() throws(InitrdError) { try cancellation?.requireWanted() }
}
