/// A part of an archive that is compressed by itself.
struct ArchiveChunk: Equatable, Sendable {
  /// Which of the archive's entries are in it.
  var entries: Range<Int>
  /// Where it starts in the archive, before compression.
  var start: UInt64
  /// Bytes before compression.
  var size: UInt64
  /// Whether the archive's trailer is in it.
  var isLast: Bool
}

extension PlannedArchive {
  /// Where the archive is cut into members that are compressed side by side.
  ///
  /// The kernel reads any number of compressed members, each of which must end where an entry ends
  /// (buffer-format.rst; `unpack_to_rootfs` resets its state there). The cuts follow from the plan alone,
  /// so that the bytes don't depend on how many threads there are.
  ///
  /// - Parameter offset: where the archive starts in the image.
  /// - Returns: at least one; the last one has the trailer.
  func chunks(offset: UInt64) -> [ArchiveChunk] {
    let enough = compression.memberSize(level: level)
    var chunks: [ArchiveChunk] = []
    var chunk = ArchiveChunk(entries: 0..<0, start: 0, size: 0, isLast: false)
    for (index, entry) in entries.enumerated() {
      let size = NewcWriter.size(
        name: entry.archivedName.count, data: UInt64(entry.storedSize),
        offset: offset + chunk.start + chunk.size, alignment: alignment)
      if !chunk.entries.isEmpty, chunk.size + size > enough {
        chunks.append(chunk)
        chunk = ArchiveChunk(
          entries: index..<index, start: chunk.start + chunk.size, size: 0, isLast: false)
      }
      chunk.entries = chunk.entries.lowerBound..<index + 1
      chunk.size += size
    }
    chunk.size += NewcWriter.size(name: NewcHeader.trailerName.count, data: 0)
    chunk.isLast = true
    return chunks + [chunk]
  }
}

extension Compression {
  /// After how many bytes a new member costs next to nothing: some times as far as the compressor looks back.
  fileprivate func memberSize(level: Int) -> UInt64 {
    let reach: UInt64 =
      switch self {
      case .none: 1 << 62
      case .gzip, .bzip2, .lzo: 1 << 20
      case .lzma, .xz: [7: 16 << 20, 8: 32 << 20, 9: 64 << 20][level] ?? 8 << 20
      case .lz4: 8 << 20
      case .zstd: [20: 32 << 20, 21: 64 << 20, 22: 128 << 20][level] ?? 8 << 20
      }
    return reach << 2
  }
}
