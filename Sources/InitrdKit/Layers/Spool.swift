/// Holds the contents of archives, one after the other: in memory up to a limit, beyond it in a temporary file without
/// a name. Nothing of an archive gets a name on the disk.
struct Spool: ~Copyable {
  /// The place of a content in the spool.
  struct Slice: Hashable, Sendable {
    var start: UInt64
    var size: UInt64
  }

  /// Bytes that are held in memory.
  private static let memoryLimit: UInt64 = 64 << 20
  /// More bytes than this are a damaged archive or an attack: an image holds less than 4 GiB.
  private static let sizeLimit: UInt64 = 32 << 30
  /// gzip packs up to 1,032 zeros into a byte; archives of files stay far below that.
  private static let (freeBytes, ratio): (UInt64, UInt64) = (256 << 20, 1100)

  private(set) var file: OpenFile
  private var size: UInt64 = 0
  private var isInMemory = true
  private var start: UInt64 = 0
  private var limit = Self.sizeLimit
  /// The size before the contents of the present archive.
  private var base: UInt64 = 0

  /// - Throws: `system` when there is no memory.
  init() throws(InitrdError) {
    let nothing: [UInt8] = []
    file = try OpenFile.inMemory(nothing.span, named: "contents of archives")
  }

  /// Begins the contents of an archive of this size, which limits them: an archive of a few bytes does not fill the disk.
  mutating func beginArchive(size archive: UInt64) {
    let more = archive.multipliedReportingOverflow(by: Self.ratio)
    base = size
    limit = min(Self.sizeLimit, size + Self.freeBytes + (more.overflow ? 0 : more.partialValue))
  }

  private func require(_ bytes: UInt64) throws(InitrdError) {
    guard bytes <= limit, size <= limit - bytes else { throw Self.tooLarge(limit - base) }
  }

  private static func tooLarge(_ limit: UInt64) -> InitrdError {
    InitrdError(
      .limit,
      "more than \(limit) bytes of content, far more than usual for an archive of this size",
      remedy: "unpack it, and name the directory")
  }

  /// Moves the contents to the disk if `bytes` more are too many for the memory.
  private mutating func leaveMemory(before bytes: UInt64) throws(InitrdError) {
    guard isInMemory, size + bytes > Self.memoryLimit else { return }
    let disk = try OpenFile.temporary(named: "contents of archives")
    _ = try disk.append(file, from: 0, count: size)
    file = disk
    isInMemory = false
  }

  /// Begins a content.
  mutating func begin() { start = size }

  /// Adds bytes to the content.
  ///
  /// - Throws: `limit` for too many bytes in all; `system` when there is no room for them.
  mutating func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    try require(UInt64(bytes.count))
    try leaveMemory(before: UInt64(bytes.count))
    try file.write(bytes)
    size += UInt64(bytes.count)
  }

  /// Adds zeros up to a size of the content. They are a hole in the file, and cost nothing.
  mutating func fill(to count: UInt64) throws(InitrdError) {
    guard self.count < count else { return }
    let missing = count - self.count
    guard missing <= Self.sizeLimit - size else { throw Self.tooLarge(Self.sizeLimit) }
    limit = min(Self.sizeLimit, limit + missing)
    try leaveMemory(before: missing)
    try file.skip(missing)
    size += missing
  }

  /// Bytes of the content so far.
  var count: UInt64 { size - start }

  /// Ends the content.
  func end() -> Slice { Slice(start: start, size: size - start) }
}
