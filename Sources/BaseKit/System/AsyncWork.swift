import Synchronization

/// Whether some work was cancelled; shared by the threads that do the work.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)

  package init() {}

  /// Whether the work was cancelled.
  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Ends cancelled work.
  ///
  /// - Throws: `cancelled` if the work was cancelled.
  package func requireWanted() throws(InitrdError) {
    if isCancelled { throw InitrdError(.cancelled, "the work was cancelled; nothing was written") }
  }

  /// Cancels the work.
  package func cancel() { flag.store(true, ordering: .relaxed) }
}

/// Runs `work` on a thread of its own, and waits for it without blocking a thread of Swift's cooperative pool.
///
/// - Parameter work: gets a value that tells whether the waiting task was cancelled.
/// - Returns: the result of `work`.
/// - Throws: errors of `work`; `system` if no thread can be started.
package func onOwnThread<Value: Sendable>(
  _ work: @escaping @Sendable (Cancellation) throws(InitrdError) -> Value
) async throws(InitrdError) -> Value {
  let cancellation = Cancellation()
  // The end of the value joins the thread, so the value must not end on that thread.
  let thread = Mutex<WorkerThread?>(nil)
  let result = await withTaskCancellationHandler {
    await withCheckedContinuation { (continuation: CheckedContinuation<Outcome<Value>, Never>) in
      do throws(InitrdError) {
        let started = try WorkerThread {
          do throws(InitrdError) {
            let value = try work(cancellation)
            continuation.resume(returning: .success(value))
          } catch { continuation.resume(returning: .failure(error)) }
        }
        thread.withLock { $0 = started }
      } catch { continuation.resume(returning: .failure(error)) }
    }
  } onCancel: {
    cancellation.cancel()
  }
  thread.withLock { $0 = nil }
  return try result.get()
}

private typealias Outcome<Value> = Result<Value, InitrdError>
