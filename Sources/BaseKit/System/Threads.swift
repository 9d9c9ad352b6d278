#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A thread of the system; whoever starts it joins it.
///
/// The library's work is synchronous and waits for files and codecs: it takes threads of its own, and none
/// of the pool from which a program's tasks live.
///
/// `@unchecked`: a handle is a pointer on some systems; only the end of the value uses it.
package final class WorkerThread: @unchecked Sendable {
  private let handle: pthread_t

  /// Starts `body` on a thread of its own.
  ///
  /// - Throws: `system` when there can be no more threads.
  package init(_ body: @escaping @Sendable () -> Void) throws(InitrdError) {
    let box = Unmanaged.passRetained(Body(body))
    var handle = pthread_t()
    // Signals are for the thread that waits: it commits and removes files, and a handler can't come in between.
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

/// A value that threads share, and for whose changes they can wait.
///
/// `@unchecked`: the value is only touched under the lock.
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

  /// Changes the value, and wakes all who wait.
  package func update<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return body(&value)
  }

  /// Waits until `body`, called at each change, has a result.
  package func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&value) {
        // What a waiter takes away may be what another one waits for.
        pthread_cond_broadcast(changed)
        return result
      }
      pthread_cond_wait(changed, lock)
    }
  }
}
