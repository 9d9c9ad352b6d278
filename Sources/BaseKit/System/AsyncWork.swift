import Synchronization

/// Whether somebody still wants the result of some work; shared by the threads that do it.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)

  package init() {}

  /// Whether the work is no longer wanted.
  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Ends work that is no longer wanted.
  ///
  /// - Throws: `cancelled`.
  package func requireWanted() throws(InitrdError) {
    if isCancelled { throw InitrdError(.cancelled, "the work was cancelled; nothing was written") }
  }

  /// Says that the work is no longer wanted.
  package func cancel() { flag.store(true, ordering: .relaxed) }
}

/// Runs `work` on a thread of its own, and waits for it without blocking a thread of Swift's cooperative pool.
///
/// - Parameter work: gets a value that tells when the waiting task was cancelled.
/// - Returns: the result of `work`.
/// - Throws: what `work` throws; `system` when no thread can be started.
package func onOwnThread<Value: Sendable>(
  _ work: @escaping @Sendable (Cancellation) throws(InitrdError) -> Value
) async throws(InitrdError) -> Value {
  let cancellation = Cancellation()
  // The value joins the thread when it ends: it must not end on that thread itself.
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
