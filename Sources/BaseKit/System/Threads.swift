#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A thread of the system, which is joined when the value ends.
///
/// The library's work is synchronous and waits for files and codecs. So it uses threads of its own, and none of the pool
/// that runs a program's tasks.
///
/// `@unchecked`: the handle is a pointer on some systems; it is used only when the value ends.
package final class WorkerThread: @unchecked Sendable {
  private let handle: pthread_t

  /// Starts `body` on a new thread.
  ///
  /// - Throws: `system` if no thread can be started.
  package init(_ body: @escaping @Sendable () -> Void) throws(InitrdError) {
    let box = Unmanaged.passRetained(Body(body))
    var handle = pthread_t()
    // Signals are for the waiting thread, which commits and removes files: no handler may interrupt that.
    let mask = Signals.block()
    defer { Signals.restore(mask) }
    let code = pthread_create(&handle, nil, { Body.run($0) }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw InitrdError(.system, "can't start a thread: error \(code)")
    }
    self.handle = handle
  }

  deinit { pthread_join(handle, nil) }

  private final class Body: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
      if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().body() }
      return nil
    }
  }
}

/// A value that threads share, and whose changes they can wait for.
///
/// `@unchecked`: the value is used only under the lock.
package final class Shared<Value: Sendable>: @unchecked Sendable {
  private var value: Value
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  package init(_ value: Value) {
    self.value = value
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// Changes the value, and wakes all waiting threads.
  package func update<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return body(&value)
  }

  /// Calls `body` at each change, and waits until it returns a result.
  package func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&value) {
        // `body` may change the value, and another thread may wait for this change.
        pthread_cond_broadcast(changed)
        return result
      }
      pthread_cond_wait(changed, lock)
    }
  }
}
