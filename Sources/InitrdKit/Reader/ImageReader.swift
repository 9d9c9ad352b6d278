/// Reads an image as the kernel does: segment after segment, each an uncompressed archive or a compressed member.
///
///     initramfs := ("\0" | cpio archive | compressed(cpio archives))*
///
/// Documentation/driver-api/early-userspace/buffer-format.rst of the kernel describes the format. In uncompressed
/// archives, data that nobody needs is skipped and not read.
package struct ImageReader: ~Copyable {
  /// What the reader does after an entry's name.
  package enum EntryStep: Sendable {
    /// Skips the entry's data.
    case skipData
    /// Passes the entry's data to the data handler.
    case readData
    /// Stops reading.
    case stop
  }

  /// Called for each entry, with the number of its segment, from 0.
  package typealias EntryHandler = (NewcReader.Entry, Int) throws(InitrdError) -> Void
  /// Called for each entry, with the number of its segment, from 0; returns whether to read the entry's data.
  package typealias DataSelector = (NewcReader.Entry, Int) throws(InitrdError) -> EntryStep
  /// Called before a segment is read, with the first bytes of a compressed one; returns whether to read it.
  typealias SegmentHandler = (ImageSegment, [UInt8]) throws(InitrdError) -> ReadStep
  /// Called with each piece of the data of the last reported entry.
  package typealias DataHandler = (Span<UInt8>) throws(InitrdError) -> Void

  /// The segments read so far, also after an error; the last one may be incomplete.
  package internal(set) var segments: [ImageSegment] = []
  /// The size of the image in bytes.
  package let size: UInt64
  let source: ImageSource
  /// The boot configuration at the end of the image, which the kernel removes.
  let bootConfiguration: BootConfiguration?
  /// The offset at which the segments end.
  let end: UInt64
  let limits: ReadLimits
  let isExact: Bool
  /// Whether a trailer with a damaged header is an error, as in Linux 7.
  var refusesDamagedTrailers = false
  var room: PagedMemory?
  var buffer: [UInt8]
  var filled = 0
  var bufferOffset: UInt64 = 0
  private var readSize = Self.firstRead
  var position: UInt64 = 0
  var trailers = 0
  /// The uncompressed bytes of the compressed segments before the current one.
  var uncompressed: UInt64 = 0
  /// Whether a handler stopped the reading.
  var isStopped = false
  /// A limit, because a segment can be as small as 8 bytes, and each one is kept in memory.
  private static let maxSegments = 1 << 16

  /// Opens `image`: an initramfs image, or a unified kernel image. Of the latter, the sections `.ucode` and `.initrd`
  /// are read in place, and offsets count from the start of the initramfs that the kernel gets.
  ///
  /// - Parameters:
  ///   - image: the file.
  ///   - limits: the limits for reading and memory.
  /// - Throws: `system` or `bad-input` when it can't be read.
  package init(_ image: ImageFile, _ limits: ReadLimits = .init()) throws(InitrdError) {
    try self.init(image, limits, isExact: false)
  }

  /// Opens the image at `path`.
  package init(_ path: String, _ limits: ReadLimits = .init()) throws(InitrdError) {
    try self.init(ImageFile(path), limits, isExact: false)
  }

  /// Opens `image`. With `isExact`, the kernel's own decoders are used even where there is a faster one, because the
  /// faster one does not refuse exactly the same data.
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

  /// After skipped data comes a header, and then often data to skip again, so the first read is small.
  private static let firstRead = 512
  private static let largestRead = 256 << 10

  /// Reads the whole image, and reports every entry in the order in which the kernel sees it. An image can be read
  /// more than once.
  ///
  /// - Throws: `malformed` with the offset at which the image breaks the rules. The entries before that have been
  ///   reported by then.
  package mutating func read(_ handler: EntryHandler) throws(InitrdError) {
    try read(
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        try handler(entry, segment)
        return .skipData
      }, data: { (_: Span<UInt8>) throws(InitrdError) in })
  }

  /// Reads the image until `selector` stops it, and passes on the data of the entries that it selects.
  ///
  /// - Throws: `malformed` as above. The existing part of incomplete data has been passed on by then.
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
  /// - Returns: the error `malformed` or `limit` that ended the reading; `nil` if there was none.
  /// - Throws: all other errors.
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

  /// Reads the image until `beginning`, which is called for each segment, or `selector` stops it.
  mutating func read(
    beginning: SegmentHandler, selecting selector: DataSelector, data: DataHandler
  ) throws(InitrdError) {
    (position, trailers, segments, uncompressed) = (0, 0, [], 0)
    isStopped = false
    do throws(InitrdError) {
      guard size > 0 else { throw .broken("no-image", "not an image: the file is empty", at: 0) }
      // Disk file systems leave their first kilobyte to boot code.
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
            .limit, "the image has more than \(Self.maxSegments) segments: reading stops here",
            at: .init(offset: position))
        }
        if first == UInt8(ascii: "0"), position % 4 == 0 {
          let step = try beginning(ImageSegment(offset: position, compression: .uncompressed), [])
          guard step == .goOn else { return }
          try readArchive(selector, data)
        } else {
          // Directly after an uncompressed archive the kernel still reads with its archive reader.
          if segments.last?.compression == .uncompressed, position % 4 != 0 {
            throw .broken(
              "broken-padding",
              "a segment starts \(position % 4) bytes after a multiple of 4, and follows an"
                + " uncompressed archive",
              at: position, remedy: "pad the bytes before it with NULs to a multiple of 4")
          }
          try readCompressed(beginning, selector, data)
        }
      }
      if segments.isEmpty {
        throw .broken("no-image", "not an image: the file contains only NULs", at: 0)
      }
    } catch { throw error.inFile(source.name) }
  }

  // MARK: The file

  /// The byte at the current position; `nil` at the end.
  private mutating func byte() throws(InitrdError) -> UInt8? {
    try fill() ? buffer[Int(position - bufferOffset)] : nil
  }

  /// Makes sure that the byte at the current position is in the buffer; `false` at the end.
  mutating func fill() throws(InitrdError) -> Bool {
    try limits.cancellation?.requireWanted()
    let end = bufferOffset + UInt64(filled)
    if position >= bufferOffset, position < end { return true }
    readSize = position == end ? min(readSize * 4, Self.largestRead) : Self.firstRead
    try fill(readSize)
    return filled > 0
  }

  /// Reads up to `count` bytes from the current position into the buffer, which grows if needed.
  mutating func fill(_ count: Int) throws(InitrdError) {
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
    bufferOffset = position
    let wanted = min(UInt64(count), end - min(end, position))
    filled = try source.read(into: &buffer, at: position, count: Int(wanted))
  }
}
