/// A part of an archive that becomes one member when the archive is compressed.
struct ArchiveMember: Equatable, Sendable {
  /// The indices of its entries in the archive.
  var entries: Range<Int>
  /// Its offset in the uncompressed archive.
  var start: UInt64
  /// Its uncompressed size in bytes.
  var size: UInt64
  /// Whether it contains the archive's trailer.
  var isLast: Bool
}

extension PlannedArchive {
  /// Cuts the archive into members that can be compressed in parallel.
  ///
  /// The kernel reads any number of compressed members; each must end where an entry ends (buffer-format.rst;
  /// `unpack_to_rootfs` resets its state there). The cuts depend only on the plan, so the number of threads does not
  /// change the image.
  ///
  /// - Parameter offset: the offset of the archive in the image.
  /// - Returns: at least one member; the last one contains the trailer.
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
  /// The size from which one more member hardly makes the image larger: four times the distance that the compressor
  /// looks back.
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
