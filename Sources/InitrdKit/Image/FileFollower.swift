import Crypto

/// Hashes a file on a separate thread while it is being written, and starts to send it to the disk as it grows. At the
/// end the writer hardly has to wait for the hash and the flush.
final class FileFollower: Sendable {
  private struct State {
    var written: UInt64 = 0
    var ended = false
    var result: Result<SHA256Sum, InitrdError>?
  }

  private let state: Shared<State>
  private let thread: WorkerThread

  /// Follows `file`, which is open for reading and writing.
  init(_ file: consuming OpenFile) throws(InitrdError) {
    let state = Shared(State())
    let file = file
    self.state = state
    thread = try WorkerThread {
      let result = Self.follow(file, state)
      state.update { $0.result = result }
    }
  }

  deinit { end() }

  /// Tells the thread that the file has `written` bytes now.
  func follow(to written: UInt64) { state.update { $0.written = written } }

  /// Tells the thread that the file is complete.
  func end() { state.update { $0.ended = true } }

  /// Waits for the SHA-256 of the whole file, after ``end()``.
  func digest() throws(InitrdError) -> SHA256Sum { try state.wait { $0.result }.get() }

  private static func follow(
    _ file: borrowing OpenFile, _ state: Shared<State>
  ) -> Result<SHA256Sum, InitrdError> {
    var hash = SHA256()
    var (hashed, sent) = (UInt64(0), UInt64(0))
    // Small enough to stay in a processor's cache between reading and hashing.
    var buffer = [UInt8](repeating: 0, count: 128 << 10)
    do throws(InitrdError) {
      while true {
        let written = state.wait { $0.written > hashed || $0.ended ? $0.written : nil }
        if written == hashed { return .success(SHA256Sum(hash)) }
        while hashed < written {
          let count = try file.read(
            into: &buffer, at: hashed, count: Int(min(written - hashed, 128 << 10)))
          guard count > 0 else {
            return .failure(
              InitrdError(
                .changed, "another program truncated the new image while it was written",
                at: .init(file: file.name)))
          }
          buffer.withUnsafeBytes {
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count]))
          }
          hashed += UInt64(count)
          if hashed - sent >= 8 << 20 {
            file.sendToDisk(from: sent, count: hashed - sent)
            sent = hashed
          }
        }
      }
    } catch { return .failure(error) }
  }
}
