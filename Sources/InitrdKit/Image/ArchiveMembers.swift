/// A part of an archive that becomes a member of its own where the archive is compressed.
struct ArchiveMember: Equatable, Sendable {
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
  /// - Returns: at least one; the last one has the trailer. What is not compressed is not cut.
  func members(offset: UInt64) -> [ArchiveMember] {
    let enough = compression.memberSize(level: level)
    var members: [ArchiveMember] = []
    var member = ArchiveMember(entries: 0..<0, start: 0, size: 0, isLast: false)
    for (index, entry) in entries.enumerated() {
      let size = NewcWriter.size(
        name: entry.archivedName.count, data: UInt64(entry.storedSize),
        offset: offset + member.start + member.size, alignment: entry.alignment)
      if !member.entries.isEmpty, member.size + size > enough {
        members.append(member)
        member = ArchiveMember(
          entries: index..<index, start: member.start + member.size, size: 0, isLast: false)
      }
      member.entries = member.entries.lowerBound..<index + 1
      member.size += size
    }
    member.size += NewcWriter.size(name: NewcHeader.trailerName.count, data: 0)
    member.isLast = true
    return members + [member]
  }
}

extension Compression {
  /// After how many bytes a new member costs next to nothing: some times as far as the compressor looks back.
  fileprivate func memberSize(level: Int) -> UInt64 {
    let reach: UInt64 =
      switch self {
      case .uncompressed: 1 << 60
      case .gzip, .bzip2, .lzo: 1 << 20
      case .lzma, .xz: [7: 16 << 20, 8: 32 << 20, 9: 64 << 20][level] ?? 8 << 20
      case .lz4: 8 << 20
      case .zstd: [20: 32 << 20, 21: 64 << 20, 22: 128 << 20][level] ?? 8 << 20
      }
    return reach << 2
  }
}
