/// Compresses the chunks of one archive, each into a member of its own, on several threads where there are several.
struct MemberCompression: Sendable {
  let archive: PlannedArchive
  /// Where the archive starts in the image.
  let offset: UInt64
  let sysroot: String
  let work: WorkMonitor

  /// Hands the members over, in their order.
  func run(threads: Int, to sink: Compression.Sink) throws(InitrdError) {
    let chunks = archive.chunks(offset: offset)
    let threads = min(threads, chunks.count)
    guard threads > 1 else {
      let entries = try EntryWriter(sysroot: sysroot, work: work)
      for chunk in chunks { try compress(chunk, entries, to: sink) }
      return
    }
    let queue = Shared(Queue(count: chunks.count, ahead: threads))
    var workers: [WorkerThread] = []
    defer {
      // The threads are joined when the array ends.
      queue.update { $0.next = $0.count }
      work.stop()
    }
    for _ in 0..<threads {
      workers.append(
        try WorkerThread {
          while let number = queue.wait({ $0.take() }) {
            let result = self.member(of: chunks[number])
            queue.update { $0.done[number] = result }
          }
        })
    }
    for number in chunks.indices {
      let member = try queue.wait { $0.done.removeValue(forKey: number) }.get()
      try sink(member.span)
      queue.update { $0.written += 1 }
    }
  }

  /// Which chunks are taken, compressed and written.
  private struct Queue: Sendable {
    let count: Int
    /// How many members may wait for their turn: memory is bounded by it.
    let ahead: Int
    var next = 0
    var written = 0
    var done: [Int: Result<[UInt8], InitrdError>] = [:]

    /// The next chunk's number, `.some(nil)` when there is none, and `nil` while there is to wait.
    mutating func take() -> Int?? {
      guard next < count else { return .some(nil) }
      guard next < written + ahead else { return nil }
      defer { next += 1 }
      return next
    }
  }

  private func member(of chunk: ArchiveChunk) -> Result<[UInt8], InitrdError> {
    var member: [UInt8] = []
    do throws(InitrdError) {
      try compress(chunk, try EntryWriter(sysroot: sysroot, work: work)) {
        (bytes: Span<UInt8>) in bytes.withUnsafeBufferPointer { member.append(contentsOf: $0) }
      }
      return .success(member)
    } catch { return .failure(error) }
  }

  private func compress(
    _ chunk: ArchiveChunk, _ entries: borrowing EntryWriter, to sink: Compression.Sink
  ) throws(InitrdError) {
    var compressor = try Compressor(
      archive.compression, level: archive.level, contentSize: chunk.size,
      x86Filter: archive.x86Filter, continues: !chunk.isLast)
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    try entries.write(chunk, of: archive, offset: offset) {
      (bytes: Span<UInt8>) throws(InitrdError) in
      try compressor.write(bytes, to: sink)
    } copy: { (file: borrowing OpenFile, count: UInt64) throws(InitrdError) in
      var left = count
      while left > 0 {
        let came = try file.read(into: &piece, from: 0, count: Int(min(left, 1 << 20)))
        if came == 0 { break }
        try compressor.write(piece.span.extracting(first: came), to: sink)
        left -= UInt64(came)
      }
      return count - left
    }
    try compressor.finish(to: sink)
  }
}
