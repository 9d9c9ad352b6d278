/// Gives members to threads that compress them in parallel, and passes the results on in the order of the members.
///
/// Memory is bounded by the limit for waiting bytes, whatever the size of the members.
final class MemberQueue: Sendable {
  private struct State {
    /// The next member that no worker has taken.
    var free = 0
    /// The member that is being written.
    var current = 0
    var waiting: [Int: [[UInt8]]] = [:]
    var waitingBytes = 0
    var results: [Int: Result<Void, InitrdError>] = [:]
    var stopped = false
  }

  private let count: Int
  private let limit: Int
  private let state = Shared(State())

  /// A queue of `count` members, in which at most about `limit` bytes wait to be written.
  init(count: Int, limit: Int) {
    self.count = count
    self.limit = limit
  }

  /// For a worker: the next member to compress; `nil` when there is none.
  func take() -> Int? {
    state.update { state in
      guard !state.stopped, state.free < count else { return nil }
      defer { state.free += 1 }
      return state.free
    }
  }

  /// For a worker: waits for room, and adds bytes to its member.
  ///
  /// - Throws: `cancelled` when the queue was stopped.
  func add(_ bytes: [UInt8], to member: Int) throws(InitrdError) {
    let isWanted = state.wait { state -> Bool? in
      if state.stopped { return false }
      let hasRoom = state.waitingBytes + bytes.count <= limit
      // The member that is being written always gets room, so that a full queue can't block it.
      let isNeeded = member == state.current && state.waiting[member] == nil
      guard hasRoom || isNeeded else { return nil }
      state.waiting[member, default: []].append(bytes)
      state.waitingBytes += bytes.count
      return true
    }
    if !isWanted { throw InitrdError(.cancelled, "another part of the archive has failed") }
  }

  /// For a worker: reports that its member is complete, or why it failed.
  func end(_ member: Int, _ result: Result<Void, InitrdError>) {
    state.update { $0.results[member] = result }
  }

  /// For the writer: the next bytes of the current member; `nil` when it is complete. The next call then goes on with
  /// the next member.
  ///
  /// - Throws: the error of the member's worker.
  func next() throws(InitrdError) -> [[UInt8]]? {
    let result = state.wait { state -> Result<[[UInt8]]?, InitrdError>? in
      if let pieces = state.waiting.removeValue(forKey: state.current) {
        state.waitingBytes -= pieces.reduce(0) { $0 + $1.count }
        return .success(pieces)
      }
      guard let result = state.results[state.current] else { return nil }
      state.current += 1
      return result.map { nil }
    }
    return try result.get()
  }

  /// For the writer: stops all workers.
  func stop() { state.update { $0.stopped = true } }
}
