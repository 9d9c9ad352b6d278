/// Reads an image the way that the kernel does: segment after segment, each a raw or compressed archive.
///
///     initramfs := ("\0" | cpio archive | compressed(cpio archives))*
///
/// Documentation/driver-api/early-userspace/buffer-format.rst of the kernel describes it. Data is skipped,
/// not read, where the archive is not compressed.
package struct ImageReader: ~Copyable {
  /// How the reading goes on behind an entry's name.
  package enum EntryStep: Sendable {
    /// The entry's data is skipped.
    case skipData
    /// The entry's data is handed over.
    case readData
    /// Nothing more is read.
    case stop
  }

  /// What is called for each entry, with the number of its segment from 0.
  package typealias EntryHandler = (NewcReader.Entry, Int) throws(InitrdError) -> Void
  /// What is called for each entry, with the number of its segment from 0, and says whether the entry's data is wanted.
  package typealias DataSelector = (NewcReader.Entry, Int) throws(InitrdError) -> EntryStep
  /// What is called before a segment is read, with its first bytes, and says whether it is read.
  typealias SegmentHandler = (ImageSegment, [UInt8]) throws(InitrdError) -> ReadStep
  /// What is called with each piece of the data of the entry that was reported last.
  package typealias DataHandler = (Span<UInt8>) throws(InitrdError) -> Void

  /// The segments that were read, the last one maybe in part: also after an error.
  package internal(set) var segments: [ImageSegment] = []
  /// Bytes of the image.
  package let size: UInt64
  let source: ImageSource
  /// The boot configuration behind the image, which the kernel takes off.
  let bootConfiguration: BootConfiguration?
  /// Where the archives end.
  let end: UInt64
  let limits: ReadLimits
  let isExact: Bool
  /// Whether a trailer with a damaged header ends the reading, as it does in Linux 7.
  var refusesDamagedTrailers = false
  var room: PagedMemory?
  var buffer: [UInt8]
  var filled = 0
  var bufferOffset: UInt64 = 0
  private var readSize = Self.firstRead
  var position: UInt64 = 0
  var trailers = 0
  /// Bytes that came out of the compressed segments before the present one.
  var uncompressed: UInt64 = 0
  /// Whether a handler wants no more.
  var isStopped = false
  /// A segment can have as little as 8 bytes, and each is remembered.
  private static let maxSegments = 1 << 16

  /// Opens `image`: a file, or a unified kernel image, of which the sections `.ucode` and `.initrd` are
  /// read in place; offsets then count from the start of what the kernel gets.
  ///
  /// - Parameters:
  ///   - image: the file.
  ///   - limits: how much is read and held at most.
  /// - Throws: `system` or `bad-input` when it can't be read.
  package init(_ image: ImageFile, _ limits: ReadLimits = .init()) throws(InitrdError) {
    try self.init(image, limits, isExact: false)
  }

  /// Opens the image at `path`.
  package init(_ path: String, _ limits: ReadLimits = .init()) throws(InitrdError) {
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
  package mutating func read(_ handler: EntryHandler) throws(InitrdError) {
    try read(
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        try handler(entry, segment)
        return .skipData
      }, data: { (_: Span<UInt8>) throws(InitrdError) in })
  }

  /// Reads the image until `selector` stops it, and hands over the data of those entries for which it says so.
  ///
  /// - Throws: `malformed` as above. Data that breaks off has been passed on by then.
  package mutating func read(
    selecting selector: DataSelector, data: DataHandler
  ) throws(InitrdError) {
    try read(
      beginning: { (_: ImageSegment, _: [UInt8]) throws(InitrdError) in .goOn },
      selecting: selector,
      data: data)
  }

  /// Reads the image as far as the kernel would, or until a handler stops it.
  ///
  /// - Returns: why the image can't be read to its end, or not within the limits; `nil` if it can.
  /// - Throws: what else goes wrong.
  mutating func readAsFarAsPossible(
    beginning: SegmentHandler = { (_: ImageSegment, _: [UInt8]) throws(InitrdError) in .goOn },
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
          let step = try beginning(ImageSegment(offset: position, compression: .uncompressed), [])
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
  mutating func fill() throws(InitrdError) -> Bool {
    try limits.cancellation?.requireWanted()
    let end = bufferOffset + UInt64(filled)
    if position >= bufferOffset, position < end { return true }
    readSize = position == end ? min(readSize * 4, Self.largestRead) : Self.firstRead
    try fill(readSize)
    return filled > 0
  }

  /// Reads what follows the position into the buffer, which grows to it.
  mutating func fill(_ count: Int) throws(InitrdError) {
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
    bufferOffset = position
    let wanted = min(UInt64(count), end - min(end, position))
    filled = try source.read(into: &buffer, at: position, count: Int(wanted))
  }
}
