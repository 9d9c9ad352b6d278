import BaseKit
import Testing

@Suite struct AsyncWorkTests {
  @Test func resultAndErrorAreReturned() async throws {
    #expect(try await onOwnThread { _ in 7 } == 7)
    let error = await #expect(throws: InitrdError.self) {
      try await onOwnThread { (_: Cancellation) throws(InitrdError) -> Int in
        throw InitrdError(.limit, "too much")
      }
    }
    #expect(error?.message == "too much")
  }

  @Test func manyTasksWaitWithoutBlockingThePool() async throws {
    // There are more tasks than threads in the pool, and each one waits for the next.
    let count = 64
    let gate = Shared(0)
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<count {
        group.addTask {
          try await onOwnThread { _ in
            let own = gate.wait { $0 == count - 1 - number ? number : nil }
            gate.update { $0 += 1 }
            return own
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == count * (count - 1) / 2)
  }

  @Test func cancellationReachesTheWork() async throws {
    let started = Shared(false)
    let task = Task {
      try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) -> Bool in
        started.update { $0 = true }
        while !cancellation.isCancelled {}
        throw InitrdError(.cancelled, "the work was cancelled")
      }
    }
    _ = try await onOwnThread { _ in started.wait { $0 ? true : nil } }
    task.cancel()
    let error = await #expect(throws: InitrdError.self) { try await task.value }
    #expect(error?.code == .cancelled)
  }
}
