import Synchronization

/// How far the writing of an image is.
public struct WriteProgress: Equatable, Sendable {
  /// Entries that were begun.
  public var entries: Int
  /// Entries of the plan.
  public var totalEntries: Int
  /// Bytes of contents that were read, before compression.
  public var bytes: UInt64
  /// Bytes of all contents, before compression.
  public var totalBytes: UInt64
  /// The entry that was begun last.
  public var path: ImagePath
}

/// How an image is written: nothing of it changes the image.
public struct WriteOptions: Sendable {
  /// How many threads compress, from 1; `nil`: as many as there are processors.
  public var threads: Int?
  /// Called about once for each entry and megabyte, and at the end, on whatever thread compresses or writes: by one
  /// thread at a time, and without a lock, so that it may wait, or call the library. Others go on meanwhile, and what
  /// they did is told at once by the next call.
  public var progress: (@Sendable (WriteProgress) -> Void)?

  /// The options' defaults, or others.
  public init(threads: Int? = nil, progress: (@Sendable (WriteProgress) -> Void)? = nil) {
    self.threads = threads
    self.progress = progress
  }
}

/// Tells a caller how far the work is, and the work whether it is still wanted: shared by all threads of a build.
final class WorkMonitor: Sendable {
  private let progress: (@Sendable (WriteProgress) -> Void)?
  private let state: Mutex<State>
  private let task: CallersTask

  private struct State {
    var progress: WriteProgress
    /// Whether a thread is calling the closure.
    var isTelling = false
    /// Whether something has changed since that thread took what it tells.
    var hasNews = false
  }

  /// Runs `work` with a monitor of the task that calls.
  static func watching<Result>(
    _ plan: Plan, progress: (@Sendable (WriteProgress) -> Void)?,
    _ work: (WorkMonitor) throws(InitrdError) -> Result
  ) throws(InitrdError) -> Result {
    // The system's function knows no typed errors, so the result comes out in a box.
    let result = withUnsafeCurrentTask { task -> Swift.Result<Result, InitrdError> in
      do throws(InitrdError) {
        return .success(try work(WorkMonitor(plan, progress, CallersTask(task: task))))
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  private init(
    _ plan: Plan, _ progress: (@Sendable (WriteProgress) -> Void)?, _ task: CallersTask
  ) {
    self.progress = progress
    self.task = task
    var start = WriteProgress(entries: 0, totalEntries: 0, bytes: 0, totalBytes: 0, path: .root)
    for archive in plan.archives {
      start.totalEntries += archive.entries.count
      start.totalBytes += archive.entries.reduce(0) { $0 + UInt64($1.storedSize) }
    }
    state = Mutex(State(progress: start))
  }

  /// Says that an entry is begun.
  ///
  /// - Throws: `cancelled` when nobody wants the image any more.
  func begin(_ entry: PlannedEntry) throws(InitrdError) {
    try requireWanted()
    tell {
      $0.entries += 1
      $0.path = entry.path
    }
  }

  /// Says that bytes of an entry's content were read.
  ///
  /// - Throws: `cancelled` when nobody wants the image any more.
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

  private func requireWanted() throws(InitrdError) {
    guard !task.isCancelled else {
      throw InitrdError(.cancelled, "the work was cancelled; nothing was written")
    }
  }
}

/// The task that waits for the work, if a task called.
///
/// `@unchecked`: whether a task is cancelled may be asked from any thread while the task is there, and it waits
/// for the work.
private struct CallersTask: @unchecked Sendable {
  let task: UnsafeCurrentTask?

  var isCancelled: Bool { task?.isCancelled ?? false }
}
