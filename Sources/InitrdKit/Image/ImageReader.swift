/// Reads an image the way that the kernel does: segment after segment, each a raw or compressed archive.
///
///     initramfs := ("\0" | cpio archive | compressed(cpio archives))*
///
/// Documentation/driver-api/early-userspace/buffer-format.rst of the kernel describes it. Data is skipped,
/// not read, where the archive is not compressed.
public struct ImageReader: ~Copyable {
  /// One archive of an image, or several in one compressed member.
  public struct Segment: Equatable, Sendable {
    /// Where it starts in the image.
    public var offset: UInt64
    /// How it is compressed.
    public var compression: Compression
    /// Bytes in the image.
    public var size: UInt64 = 0
    /// Bytes after decompression.
    public var uncompressedSize: UInt64 = 0
    /// Entries, without the trailer.
    public var entries = 0
    /// Whether a checksum or size behind the data is wrong that the kernel does not look at (gzip's, lzo's).
    public var hasWrongChecksum = false
    /// Whether it is the modern frame of lz4, which no kernel reads.
    public var isLZ4Frame = false
  }

  /// How the reading goes on behind an entry's name.
  public enum EntryStep: Sendable {
    /// The entry's data is skipped.
    case skipData
    /// The entry's data is handed over.
    case readData
    /// Nothing more is read.
    case stop
  }

  /// What is called for each entry, with the number of its segment from 0.
  public typealias EntryHandler = (NewcReader.Entry, Int) throws(InitrdError) -> Void
  /// What is called for each entry, with the number of its segment from 0, and says whether the entry's data is wanted.
  public typealias DataSelector = (NewcReader.Entry, Int) throws(InitrdError) -> EntryStep
  /// What is called before a segment is read, with its first bytes, and says whether it is read.
  typealias SegmentHandler = (Segment, [UInt8]) throws(InitrdError) -> ReadStep
  /// What is called with each piece of the data of the entry that was reported last.
  public typealias DataHandler = (Span<UInt8>) throws(InitrdError) -> Void

  /// The segments that were read, the last one maybe in part: also after an error.
  public private(set) var segments: [Segment] = []
  /// Bytes of the image.
  public let size: UInt64
  private let source: ImageSource
  /// The boot configuration behind the image, which the kernel takes off.
  let bootConfiguration: BootConfiguration?
  /// Where the archives end.
  private let end: UInt64
  private let limits: ReadLimits
  private let isExact: Bool
  /// Whether a trailer with a damaged header ends the reading, as it does in Linux 7.
  var refusesDamagedTrailers = false
  private var room: PagedMemory?
  private var buffer: [UInt8]
  private var filled = 0
  private var bufferOffset: UInt64 = 0
  private var readSize = Self.firstRead
  private var position: UInt64 = 0
  private var trailers = 0
  /// Bytes that came out of the compressed segments before the present one.
  private var uncompressed: UInt64 = 0
  /// Whether a handler wants no more.
  private var isStopped = false
  /// A segment can have as little as 8 bytes, and each is remembered.
  private static let maxSegments = 1 << 16

  /// Opens `image`: a file, or a unified kernel image, of which the sections `.ucode` and `.initrd` are
  /// read in place; offsets then count from the start of what the kernel gets.
  ///
  /// - Parameters:
  ///   - image: the file.
  ///   - limits: how much is read and held at most.
  /// - Throws: `system` or `bad-input` when it can't be read.
  public init(_ image: ImageFile, _ limits: ReadLimits = .init()) throws(InitrdError) {
    try self.init(image, limits, isExact: false)
  }

  /// Opens the image at `path`.
  public init(_ path: String, _ limits: ReadLimits = .init()) throws(InitrdError) {
    try self.init(ImageFile(path), limits, isExact: false)
  }

  /// The same, by the kernel's own decoders also where others are faster and refuse not quite the same, if `isExact`.
  init(_ image: ImageFile, _ limits: ReadLimits, isExact: Bool) throws(InitrdError) {
    let source = try ImageSource(image)
    let configuration = try BootConfiguration(end: source.size) {
      (bytes: inout [UInt8], offset: UInt64) throws(InitrdError) in
      try source.read(into: &bytes, at: offset, count: bytes.count)
    }
    size = source.size
    end = configuration?.offset ?? source.size
    bootConfiguration = configuration
    self.source = source
    self.limits = limits
    self.isExact = isExact
    buffer = [UInt8](repeating: 0, count: Self.firstRead)
  }

  /// Behind skipped data there is a header, and then maybe data to skip again: little is read there.
  private static let firstRead = 512
  private static let largestRead = 256 << 10

  /// Reads the whole image, and reports every entry in the order in which the kernel would see it. It can be
  /// read more than once.
  ///
  /// - Throws: `malformed` with the offset at which the image breaks the rules; what was read before has been
  ///   reported by then.
  public mutating func read(_ handler: EntryHandler) throws(InitrdError) {
    try read(
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        try handler(entry, segment)
        return .skipData
      }, data: { (_: Span<UInt8>) throws(InitrdError) in })
  }

  /// Reads the image until `selector` stops it, and hands over the data of those entries for which it says so.
  ///
  /// - Throws: `malformed` as above. Data that breaks off has been passed on by then.
  public mutating func read(
    selecting selector: DataSelector, data: DataHandler
  ) throws(InitrdError) {
    try read(
      beginning: { (_: Segment, _: [UInt8]) throws(InitrdError) in .goOn }, selecting: selector,
      data: data)
  }

  /// Reads the image as far as the kernel would, or until a handler stops it.
  ///
  /// - Returns: why the image can't be read to its end, or not within the limits; `nil` if it can.
  /// - Throws: what else goes wrong.
  mutating func readAsFarAsPossible(
    beginning: SegmentHandler = { (_: Segment, _: [UInt8]) throws(InitrdError) in .goOn },
    selecting selector: DataSelector, data: DataHandler
  ) throws(InitrdError) -> InitrdError? {
    do throws(InitrdError) {
      try read(beginning: beginning, selecting: selector, data: data)
      return nil
    } catch {
      guard error.code == .malformed || error.code == .limit else { throw error }
      return error
    }
  }

  /// Reads the image until `beginning`, which is told of each segment, or `selector` stops it.
  mutating func read(
    beginning: SegmentHandler, selecting selector: DataSelector, data: DataHandler
  ) throws(InitrdError) {
    (position, trailers, segments, uncompressed) = (0, 0, [], 0)
    isStopped = false
    do throws(InitrdError) {
      guard size > 0 else { throw .broken("no-image", "an empty file: this is no image", at: 0) }
      // File systems for disks leave their first kilobyte to whoever boots from them.
      if try byte() == 0 {
        let head = try head()
        if head.prefix(1024).allSatisfy({ $0 == 0 }), let legacy = LegacyInitrd.error(head, at: 0) {
          throw legacy
        }
      }
      while !isStopped, let first = try byte() {
        if first == 0 {
          position += 1
          continue
        }
        guard segments.count < Self.maxSegments else {
          throw InitrdError(
            .limit, "over \(Self.maxSegments) segments: reading ends here",
            at: .init(offset: position))
        }
        if first == UInt8(ascii: "0"), position % 4 == 0 {
          let step = try beginning(Segment(offset: position, compression: .uncompressed), [])
          guard step == .goOn else { return }
          try readArchive(selector, data)
        } else {
          // Right behind a raw archive the kernel's archive reader is still at work.
          if segments.last?.compression == .uncompressed, position % 4 != 0 {
            throw .broken(
              "broken-padding",
              "a segment that starts \(position % 4) bytes behind a multiple of 4, after an archive"
                + " that is not compressed",
              at: position, remedy: "pad what stands before it with NULs to a multiple of 4")
          }
          try readCompressed(beginning, selector, data)
        }
      }
      if segments.isEmpty {
        throw .broken("no-image", "nothing but NULs: this is no image", at: 0)
      }
    } catch { throw error.inFile(source.name) }
  }

  // MARK: The file

  /// The byte at the position; `nil` at the end.
  private mutating func byte() throws(InitrdError) -> UInt8? {
    try fill() ? buffer[Int(position - bufferOffset)] : nil
  }

  /// Makes sure that the byte at the position is in the buffer; `false` at the end.
  private mutating func fill() throws(InitrdError) -> Bool {
    let end = bufferOffset + UInt64(filled)
    if position >= bufferOffset, position < end { return true }
    readSize = position == end ? min(readSize * 4, Self.largestRead) : Self.firstRead
    try fill(readSize)
    return filled > 0
  }

  /// Reads what follows the position into the buffer, which grows to it.
  private mutating func fill(_ count: Int) throws(InitrdError) {
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
    bufferOffset = position
    let wanted = min(UInt64(count), end - min(end, position))
    filled = try source.read(into: &buffer, at: position, count: Int(wanted))
  }

  // MARK: Segments

  /// The reader of the next archive.
  private var newcReader: NewcReader {
    NewcReader(trailers: trailers, refusesDamagedTrailers: refusesDamagedTrailers)
  }

  private mutating func readArchive(
    _ selector: DataSelector, _ data: DataHandler
  ) throws(InitrdError) {
    var segment = Segment(offset: position, compression: .uncompressed)
    let number = segments.count
    segments.append(segment)
    defer { segments[number] = segment }
    var reader = newcReader
    var wanted = false
    do {
      while !reader.isEnded, !reader.isStopped, try fill() {
        let start = Int(position - bufferOffset)
        position += UInt64(
          try reader.read(
            buffer.span.extracting(start..<filled),
            entry: { (entry: NewcReader.Entry) throws(InitrdError) in
              segment.entries += 1
              let step = try selector(entry, number)
              wanted = step == .readData
              return step == .stop ? .stop : .goOn
            },
            data: { (piece: Span<UInt8>) throws(InitrdError) in if wanted { try data(piece) } }))
        let skipped = wanted ? 0 : min(reader.pendingData, end - min(end, position))
        reader.skipData(skipped)
        position += skipped
        segment.size = reader.offset
        segment.uncompressedSize = reader.offset
      }
    } catch { throw Self.moved(error, by: segment.offset) }
    trailers = reader.trailers
    isStopped = reader.isStopped
    if !isStopped { try Self.requireWhole(reader, end: position) }
  }

  private mutating func readCompressed(
    _ beginning: SegmentHandler, _ selector: DataSelector, _ data: DataHandler
  ) throws(InitrdError) {
    let start = position
    let magic = try head()
    let isLZ4Frame = LZ4FrameDecompressor.begins(magic)
    guard let compression = isLZ4Frame ? .lz4 : Compression.detect(magic) else {
      if let legacy = LegacyInitrd.error(magic, at: start) { throw legacy }
      if start == 0 {
        throw .broken(
          "unknown-magic", "not an initramfs: this is \(ContentKind.describe(magic))", at: start,
          remedy: bootConfiguration?.fault.map { "the boot configuration at the end has \($0)" }
            ?? "name an initramfs")
      }
      throw .broken(
        "unknown-magic",
        "neither an archive nor a compressed one starts here: the kernel stops reading", at: start,
        remedy: magic.first == UInt8(ascii: "0")
          ? "pad what stands before it with NULs to a multiple of 4"
          : bootConfiguration?.fault.map { "the boot configuration at the end has \($0)" })
    }
    var segment = Segment(offset: start, compression: compression, isLZ4Frame: isLZ4Frame)
    guard try beginning(segment, magic) == .goOn else {
      isStopped = true
      return
    }
    let number = segments.count
    segments.append(segment)
    let before = uncompressed
    defer {
      segments[number] = segment
      uncompressed += segment.uncompressedSize
    }
    var decompressor = try Decompressor(
      member: magic, compression, memoryLimit: limits.memory,
      room: compression == .gzip ? try roomForWholeMembers() : nil)
    var first: [UInt8] = []
    var payload = MemberPayload(newcReader, isFirst: number == 0)
    var wanted = false
    var ended = false
    do {
      while !ended, try fill() {
        let from = Int(position - bufferOffset)
        let progress = try decompressor.decode(buffer.span.extracting(from..<filled)) {
          (piece: Span<UInt8>) throws(InitrdError) -> ReadStep in
          if first.isEmpty {
            first = piece.extracting(first: LegacyInitrd.headSize).withUnsafeBufferPointer {
              Array($0)
            }
          }
          segment.uncompressedSize += UInt64(piece.count)
          guard before + segment.uncompressedSize <= limits.maxUncompressed else {
            throw InitrdError(
              .limit,
              "over \(limits.maxUncompressed) bytes uncompressed and more to come: reading ends here"
            )
          }
          return try payload.read(
            piece,
            entry: { (entry: NewcReader.Entry) throws(InitrdError) in
              segment.entries += 1
              let step = try selector(entry, number)
              wanted = step == .readData
              return step == .stop ? .stop : .goOn
            },
            data: { (piece: Span<UInt8>) throws(InitrdError) in if wanted { try data(piece) } })
        }
        if progress.isStopped {
          isStopped = true
          return
        }
        position += UInt64(progress.consumed)
        segment.size = position - start
        ended = progress.ended
        segment.hasWrongChecksum = progress.hasWrongChecksum
      }
      if !ended { try decompressor.finish() }
    } catch {
      if segment.entries == 0,
        let legacy = LegacyInitrd.error(first, at: start, compression: compression)
      {
        throw legacy
      }
      throw Self.moved(error, by: start)
    }
    trailers = payload.archive.trailers
    if segment.uncompressedSize == 0, number == 0 {
      throw .broken(
        "member-not-whole", "nothing is in the first compressed member: the kernel stops here",
        at: start, remedy: "leave it out")
    }
    guard payload.archive.isAtBoundary else {
      throw .broken(
        "member-not-whole",
        "a compressed member that ends inside of an entry, which the kernel takes for junk",
        at: start, remedy: "compress the archive as one member, or cut it between entries")
    }
  }

  /// Memory for gzip members to be inflated at once, if the image from here on and that fit into the limit; then the
  /// image is in the buffer.
  private mutating func roomForWholeMembers() throws(InitrdError) -> PagedMemory? {
    let left = end - position
    if isExact || room != nil { return room }
    guard left <= limits.memory / 3 else { return nil }
    let most = min(limits.memory - left, limits.maxUncompressed)
    // A last member ends with its size: one that is too large would be begun in vain.
    var size: [UInt8] = [0, 0, 0, 0]
    _ = try source.read(into: &size, at: end - min(end, 4), count: 4)
    guard let size = size.span.number(at: 0, width: 4), size <= most else { return nil }
    room = PagedMemory(size: Int(clamping: most))
    try fill(Int(left))
    return room
  }

  /// The bytes from which a format is told.
  private mutating func head() throws(InitrdError) -> [UInt8] {
    // The buffer is read again only for a format that is cut by its end.
    let count = LegacyInitrd.headSize
    if position + UInt64(count) > bufferOffset + UInt64(filled) {
      try fill(max(buffer.count, count))
    }
    let start = Int(position - bufferOffset)
    return Array(buffer[start..<min(filled, start + count)])
  }

  /// An offset in a segment as one in the image.
  private static func moved(_ error: InitrdError, by offset: UInt64) -> InitrdError {
    guard error.location?.file == nil else { return error }
    var moved = error
    moved.location = .init(offset: offset + (error.location?.offset ?? 0))
    return moved
  }

  private static func requireWhole(
    _ archive: borrowing NewcReader, end: UInt64
  ) throws(InitrdError) {
    guard archive.isAtBoundary else {
      throw .broken(
        "cut-off", "the image ends inside of an entry: the kernel would keep a broken file",
        at: end, remedy: "copy or build the image again")
    }
  }
}
