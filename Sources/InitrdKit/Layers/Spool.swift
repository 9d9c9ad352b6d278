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

  private(set) var file: OpenFile
  private var size: UInt64 = 0
  private var isInMemory = true
  private var start: UInt64 = 0
  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  /// - Throws: `system` when there is no memory.
  init() throws(InitrdError) {
    let nothing: [UInt8] = []
    file = try OpenFile.inMemory(nothing.span, named: "contents of archives")
  }

  /// Begins a content.
  mutating func begin() { start = size }

  /// Adds bytes to the content.
  ///
  /// - Throws: `limit` for too many bytes in all; `system` when there is no room for them.
  mutating func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    guard size + UInt64(bytes.count) <= Self.sizeLimit else {
      throw InitrdError(.limit, "more than \(Self.sizeLimit) bytes in the layers")
    }
    if isInMemory, size + UInt64(bytes.count) > Self.memoryLimit {
      let disk = try OpenFile.temporary(named: "contents of archives")
      _ = try disk.append(file, from: 0, count: size)
      file = disk
      isInMemory = false
    }
    try file.write(bytes)
    size += UInt64(bytes.count)
  }

  /// Adds zeros up to a size of the content.
  mutating func fill(to count: UInt64) throws(InitrdError) {
    while size - start < count {
      let missing = Int(min(count - (size - start), UInt64(Self.zeros.count)))
      try write(Self.zeros.span.extracting(first: missing))
    }
  }

  /// Bytes of the content so far.
  var count: UInt64 { size - start }

  /// Ends the content.
  func end() -> Slice { Slice(start: start, size: size - start) }
}
