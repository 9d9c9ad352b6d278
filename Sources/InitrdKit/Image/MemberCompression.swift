/// Compresses the members of one archive, on several threads if there are several members.
struct MemberCompression: Sendable {
  let archive: PlannedArchive
  /// The offset of the archive in the image.
  let offset: UInt64
  let sysroot: Sysroot
  let work: WorkMonitor

  /// Passes the compressed members to `sink`, in their order.
  func run(threads: Int, to sink: Compression.Sink) throws(InitrdError) {
    let members = archive.members(offset: offset)
    let threads = min(threads, members.count)
    guard threads > 1 else {
      let entries = EntryWriter(sysroot, work: work)
      for member in members { try compress(member, entries, to: sink) }
      return
    }
    let queue = MemberQueue(count: members.count, limit: Self.aheadLimit)
    var workers: [WorkerThread] = []
    // The threads are joined when the array is released.
    defer { queue.stop() }
    for _ in 0..<threads {
      workers.append(try WorkerThread { self.work(on: members, queue) })
    }
    for _ in members {
      while let pieces = try queue.next() {
        for piece in pieces { try sink(piece.span) }
      }
    }
  }

  /// The limit for compressed bytes that wait to be written.
  private static var aheadLimit: Int { 8 << 20 }

  /// The work of each thread: compresses members, one after another.
  private func work(on members: [ArchiveMember], _ queue: MemberQueue) {
    while let number = queue.take() {
      do throws(InitrdError) {
        let entries = EntryWriter(sysroot, work: work)
        try compress(members[number], entries) { (bytes: Span<UInt8>) throws(InitrdError) in
          try queue.add(bytes.withUnsafeBufferPointer { Array($0) }, to: number)
        }
        queue.end(number, .success(()))
      } catch { queue.end(number, .failure(error)) }
    }
  }

  private func compress(
    _ member: ArchiveMember, _ entries: borrowing EntryWriter, to sink: Compression.Sink
  ) throws(InitrdError) {
    var compressor = try Compressor(
      archive.compression, level: archive.level, contentSize: member.size,
      x86Filter: archive.x86Filter, continues: !member.isLast)
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    try entries.write(member, of: archive, offset: offset) {
      (bytes: Span<UInt8>) throws(InitrdError) in
      try compressor.write(bytes, to: sink)
    } copy: { (file: borrowing OpenFile, offset: UInt64, count: UInt64) throws(InitrdError) in
      var left = count
      while left > 0 {
        let came = try file.read(
          into: &piece, at: offset + (count - left), count: Int(min(left, 1 << 20)))
        if came == 0 { break }
        try compressor.write(piece.span.extracting(first: came), to: sink)
        left -= UInt64(came)
      }
      return count - left
    }
    try compressor.finish(to: sink)
  }
}
