import CArchive

/// The bytes of an archive, for the callbacks of libarchive: a file, or a member of another archive.
final class ArchiveInput {
  private enum Source: ~Copyable {
    case file(OpenFile)
    case member(of: ArchiveReader)
  }

  private let source: Source
  private let buffer: UnsafeMutableRawBufferPointer
  private var offset: UInt64 = 0
  private let size: UInt64
  /// Whether it can move to another offset.
  let isFile: Bool
  /// The error that a callback could not throw through libarchive.
  private(set) var failure: InitrdError?

  /// All bytes of a file.
  init(_ file: consuming OpenFile) throws(InitrdError) {
    size = try file.status().size
    source = .file(file)
    isFile = true
    buffer = .allocate(byteCount: 256 << 10, alignment: 16)
  }

  /// The data of the entry that `outer` has reached.
  init(memberOf outer: ArchiveReader) {
    size = 0
    source = .member(of: outer)
    isFile = false
    buffer = .allocate(byteCount: 0, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// The next bytes, valid until the next call; none at the end.
  func next() -> UnsafeRawBufferPointer? {
    do throws(InitrdError) {
      switch source {
      case .file(let file):
        let count = try file.read(into: buffer, at: offset)
        offset += UInt64(count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
      case .member(let outer):
        return try outer.nextBlock()?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
      }
    } catch {
      failure = error
      return nil
    }
  }

  /// Moves to another offset; `nil` where that is not possible.
  func seek(_ distance: Int64, from origin: CInt) -> Int64? {
    guard isFile else { return nil }
    let base: Int64 =
      switch origin {
      // SEEK_SET, SEEK_CUR and SEEK_END of lseek(2).
      case 0: 0
      case 1: Int64(clamping: offset)
      default: Int64(clamping: size)
      }
    let (target, overflow) = base.addingReportingOverflow(distance)
    guard !overflow, target >= 0 else { return nil }
    offset = UInt64(target)
    return target
  }
}
