/// Decompresses one member, as the kernel calls one of its decoders: from the magic to the
/// member's own end, and not a byte of what follows.
///
/// Input comes in pieces of any size, output goes out in pieces through one buffer. Nothing is
/// allocated beyond the memory limit because a header says so. The formats are read a little
/// wider than the kernel reads them (xz with CRC64, gzip with extra fields), because modules and
/// firmware come so too. After an error the decompressor is of no more use.
package struct Decompressor: ~Copyable, Sendable {
  /// How far a piece of input got.
  package struct Progress: Equatable, Sendable {
    /// How many bytes of this input belong to the member; all of them unless it ended.
    package let consumed: Int
    /// Whether the member is complete: the rest of the input belongs to what follows.
    package let ended: Bool
    /// Whether the member ended with a checksum or size that is wrong, and that the kernel does not look at; of a
    /// decompressor that reads as the kernel does.
    var hasWrongChecksum = false
    /// Whether the sink wants no more; then the decompressor is of no more use, and ``consumed`` means nothing.
    var isStopped = false

    static let stopped = Progress(consumed: 0, ended: false, isStopped: true)
  }

  /// Where decoded bytes go: called with one piece after the other, until it says that it wants no more.
  typealias Sink = (Span<UInt8>) throws(InitrdError) -> ReadStep

  /// The memory that a decoder may take when nobody says otherwise: a zstd window of 128 MiB,
  /// the most that the kernel takes, and room around it.
  package static let defaultMemoryLimit: UInt64 = 192 << 20

  private var codec: any DecompressorCodec & ~Copyable
  private var consumed: UInt64 = 0
  private var ended = false

  /// A decompressor for one member.
  ///
  /// - Parameters:
  ///   - format: what ``Compression`` detects in its first bytes; not `none`.
  ///   - memoryLimit: the most bytes that the decoder's window or dictionary may take.
  /// - Throws: ``InitrdError`` with the code `limit` when the format can't be decoded at all in so
  ///   little memory or is `none`, `system` when there is no memory.
  package init(
    _ format: Compression, memoryLimit: UInt64 = defaultMemoryLimit
  ) throws(InitrdError) {
    codec = try Self.codec(format, memoryLimit)
  }

  /// A decompressor for the member of an image that starts with `head`, which reads what the kernel reads: it does not
  /// look at some checksums and fields. The modern frame of lz4 is read as well. A gzip member that the input has all of
  /// is inflated at once if there is `room` for it.
  init(
    member head: [UInt8], _ format: Compression, memoryLimit: UInt64, room: PagedMemory? = nil
  ) throws(InitrdError) {
    switch format {
    case .gzip: codec = try KernelGzipDecompressor(room: room)
    case .lzma: codec = KernelLZMADecompressor(try .lzma(memoryLimit: memoryLimit))
    case .lzo:
      codec = try LZODecompressor(memoryLimit: memoryLimit, refusesWrongChecksums: false)
    case .lz4 where LZ4FrameDecompressor.begins(head):
      codec = try LZ4FrameDecompressor(memoryLimit: memoryLimit)
    case .zstd:
      // What fits one buffer the kernel decodes without a window.
      codec = try ZstdDecompressor(memoryLimit: memoryLimit, maxWindowLog: 31)
    default: codec = try Self.codec(format, memoryLimit)
    }
  }

  /// Decodes the next bytes of the member.
  ///
  /// An lz4 member ends before the NULs behind it. When they come in several pieces, the pieces
  /// before the one that completes four of them are consumed; whoever skips NULs between
  /// members, as the kernel does, sees no difference.
  ///
  /// - Parameters:
  ///   - input: the bytes; nothing of them is needed again after the call.
  ///   - sink: gets the decoded bytes.
  /// - Returns: how much of the input was the member's, and whether it is complete. After the end
  ///   nothing more is consumed.
  /// - Throws: ``InitrdError`` with the code `malformed` and the offset in the member's compressed
  ///   bytes, or `limit` for a window or dictionary beyond the memory limit, and what the sink
  ///   throws.
  package mutating func decompress(
    _ input: Span<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) -> Progress {
    try decode(input) { (piece: Span<UInt8>) throws(InitrdError) -> ReadStep in
      try sink(piece)
      return .goOn
    }
  }

  /// Decodes the next bytes of the member for a sink that may stop.
  mutating func decode(
    _ input: Span<UInt8>, to sink: Sink
  ) throws(InitrdError) -> Progress {
    if ended || input.isEmpty { return Progress(consumed: 0, ended: ended) }
    let progress = try input.withUnsafeBufferPointer { (input) throws(InitrdError) in
      try codec.decompress(input, at: consumed, to: sink)
    }
    consumed += UInt64(progress.consumed)
    ended = progress.ended
    return progress
  }

  /// Says that the input has ended.
  ///
  /// - Throws: ``InitrdError`` with the code `malformed` if the member isn't complete. An lz4
  ///   member may end with the input after any block, with up to three NULs behind it.
  package mutating func finish() throws(InitrdError) {
    if !ended { try codec.finish(at: consumed) }
    ended = true
  }

  private static func codec(
    _ format: Compression, _ memoryLimit: UInt64
  ) throws(InitrdError) -> any DecompressorCodec & ~Copyable {
    switch format {
    case .uncompressed: throw InitrdError(.limit, "plain bytes need no decompressor")
    case .gzip: return try GzipDecompressor()
    case .bzip2: return try Bzip2Decompressor()
    case .lzma: return try LibLZMADecompressor.lzma(memoryLimit: memoryLimit)
    case .xz: return try LibLZMADecompressor.xz(memoryLimit: memoryLimit)
    case .lzo: return try LZODecompressor(memoryLimit: memoryLimit)
    case .lz4: return try LZ4Decompressor(memoryLimit: memoryLimit)
    case .zstd: return try ZstdDecompressor(memoryLimit: memoryLimit)
    }
  }
}

extension Decompressor {
  /// Decompresses a whole compressed file, such as a kernel module: all its members, one after
  /// the other, and zero padding behind them where the format has it (not in zstd).
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - format: its format; not `none`.
  ///   - limit: how many bytes it may give at most.
  ///   - memoryLimit: as for ``init(_:memoryLimit:)``.
  /// - Returns: the decompressed bytes.
  /// - Throws: ``InitrdError`` with the code `malformed` for a broken or truncated member and for
  ///   bytes behind the last one, `limit` for more bytes than the limit.
  package static func decompressWhole(
    _ bytes: Span<UInt8>, format: Compression, limit: Int,
    memoryLimit: UInt64 = defaultMemoryLimit
  ) throws(InitrdError) -> [UInt8] {
    var result: [UInt8] = []
    var offset = 0
    repeat {
      var member = try Decompressor(format, memoryLimit: memoryLimit)
      do throws(InitrdError) {
        let rest = bytes.extracting(offset...)
        let progress = try member.decompress(rest) { (piece) throws(InitrdError) in
          guard piece.count <= limit - result.count else {
            throw InitrdError(.limit, "more than \(limit) bytes come out of the \(format) file")
          }
          piece.withUnsafeBufferPointer { result.append(contentsOf: $0) }
        }
        try member.finish()
        offset += progress.consumed
      } catch {
        // Members count from their own start; the caller has a file.
        var error = error
        if let inMember = error.location?.offset {
          error.location?.offset = inMember + UInt64(offset)
        }
        throw error
      }
      if format != .zstd {
        while offset < bytes.count, bytes[offset] == 0 { offset += 1 }
      }
      guard offset == bytes.count || detect(bytes, at: offset) == format else {
        throw .malformed(
          "\(bytes.count - offset) bytes of something else after the \(format) data",
          at: UInt64(offset))
      }
    } while offset < bytes.count
    return result
  }

  /// Decompresses a whole compressed file that is held in an array.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - format: its format; not `none`.
  ///   - limit: how many bytes it may give at most.
  ///   - memoryLimit: as for ``init(_:memoryLimit:)``.
  /// - Returns: the decompressed bytes.
  /// - Throws: as the function for a span does.
  package static func decompressWhole(
    _ bytes: [UInt8], format: Compression, limit: Int,
    memoryLimit: UInt64 = defaultMemoryLimit
  ) throws(InitrdError) -> [UInt8] {
    try decompressWhole(bytes.span, format: format, limit: limit, memoryLimit: memoryLimit)
  }

  private static func detect(_ bytes: Span<UInt8>, at offset: Int) -> Compression? {
    Compression.detect(bytes.extracting(offset...))
  }
}
