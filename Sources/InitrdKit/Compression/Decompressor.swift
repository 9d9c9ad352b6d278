/// Decompresses one member, as a decoder of the kernel does: from its magic to its end, without the bytes after it.
///
/// The input is read in pieces of any size; the output passes through one buffer. A size in a header never leads to an
/// allocation beyond the memory limit. Some variants that the kernel refuses are decoded (xz with CRC64, gzip with extra
/// fields), because modules and firmware may have them. A decompressor can't be used after an error.
package struct Decompressor: ~Copyable, Sendable {
  /// The result of decoding a piece of input.
  package struct Progress: Equatable, Sendable {
    /// The number of bytes of this input that belong to the member: all of them unless it ended.
    package let consumed: Int
    /// Whether the member is complete. The rest of the input is not part of it.
    package let ended: Bool
    /// Whether the member ended with a wrong checksum or size that the kernel does not verify. Only a decompressor with
    /// the rules of the kernel sets it.
    var hasWrongChecksum = false
    /// Whether the sink stopped the decoding. Then the decompressor can't be used again, and ``consumed`` is undefined.
    var isStopped = false

    static let stopped = Progress(consumed: 0, ended: false, isStopped: true)
  }

  /// Receives the decoded bytes in pieces, until it returns that it wants no more.
  typealias Sink = (Span<UInt8>) throws(InitrdError) -> ReadStep

  /// The default memory limit in bytes: enough for a zstd window of 128 MiB, the kernel's maximum, and some more.
  package static let defaultMemoryLimit: UInt64 = 192 << 20

  private var codec: any DecompressorCodec & ~Copyable
  private var consumed: UInt64 = 0
  private var ended = false

  /// Makes a decompressor for one member.
  ///
  /// - Parameters:
  ///   - format: the format of the member; not `none`.
  ///   - memoryLimit: the maximum size in bytes of the decoder's window or dictionary.
  /// - Throws: ``InitrdError`` with the code `limit` if the format is `none` or always needs more memory than the limit,
  ///   `system` if there is not enough memory.
  package init(
    _ format: Compression, memoryLimit: UInt64 = defaultMemoryLimit
  ) throws(InitrdError) {
    codec = try Self.codec(format, memoryLimit)
  }

  /// Makes a decompressor with the rules of the kernel, for a member of an image that starts with `head`.
  ///
  /// As the kernel, it ignores some checksums and fields. It also reads the modern frame of lz4. If the first input
  /// contains a whole gzip member, and its content fits in `room`, it is inflated in one call.
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
      // The kernel needs no window for content that fits in one buffer.
      codec = try ZstdDecompressor(memoryLimit: memoryLimit, maxWindowLog: 31)
    default: codec = try Self.codec(format, memoryLimit)
    }
  }

  /// Decodes the next bytes of the member.
  ///
  /// An lz4 member ends before the NULs that follow it. If four NULs are spread over several inputs, only those of the
  /// last of these inputs are left. This makes no difference to a caller that skips NULs between members, as the kernel
  /// does.
  ///
  /// - Parameters:
  ///   - input: the bytes; they are not needed after the call.
  ///   - sink: gets the decoded bytes.
  /// - Returns: the number of bytes that belong to the member, and whether it is complete. After its end, no more bytes
  ///   are consumed.
  /// - Throws: ``InitrdError`` with the code `malformed` and the offset in the member's compressed bytes, or `limit` for
  ///   a window or dictionary above the memory limit; errors of the sink.
  package mutating func decompress(
    _ input: Span<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) -> Progress {
    try decode(input) { (piece: Span<UInt8>) throws(InitrdError) -> ReadStep in
      try sink(piece)
      return .goOn
    }
  }

  /// Decodes the next bytes of the member for a sink that may stop the decoding.
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

  /// Tells the decompressor that the input has ended.
  ///
  /// - Throws: ``InitrdError`` with the code `malformed` if the member is not complete. An lz4 member may end with the
  ///   input after any block, followed by up to three NULs.
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
  /// Decompresses a whole file, such as a kernel module: all its members. NULs after a member are skipped, except in
  /// zstd files.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - format: its format; not `none`.
  ///   - limit: the maximum number of decompressed bytes.
  ///   - memoryLimit: the maximum size in bytes of the decoder's window or dictionary.
  /// - Returns: the decompressed bytes.
  /// - Throws: ``InitrdError`` with the code `malformed` for a broken or truncated member and for other bytes after the
  ///   last one, `limit` for more bytes than `limit`.
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
            throw InitrdError(.limit, "the \(format) file decompresses to more than \(limit) bytes")
          }
          piece.withUnsafeBufferPointer { result.append(contentsOf: $0) }
        }
        try member.finish()
        offset += progress.consumed
      } catch {
        // The offset of the error is in the member; the caller needs the offset in the file.
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
          "\(bytes.count - offset) other bytes after the \(format) data",
          at: UInt64(offset))
      }
    } while offset < bytes.count
    return result
  }

  /// Decompresses a whole file in an array: all its members, as the function for a span does.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - format: its format; not `none`.
  ///   - limit: the maximum number of decompressed bytes.
  ///   - memoryLimit: the maximum size in bytes of the decoder's window or dictionary.
  /// - Returns: the decompressed bytes.
  /// - Throws: the same errors as the function for a span.
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

extension Decompressor {
  /// Decompresses a file whose name says that it is compressed. Its content tells the format.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - limit: the maximum number of decompressed bytes.
  /// - Returns: the decompressed bytes.
  /// - Throws: `bad-input` for a file that is not compressed, and what decompressing throws.
  static func decompressFile(_ bytes: [UInt8], limit: Int) throws(InitrdError) -> [UInt8] {
    guard let format = Compression.detect(bytes.span) else {
      throw InitrdError(.badInput, "the file is not compressed, although its name says so")
    }
    return try decompressWhole(bytes.span, format: format, limit: limit)
  }
}
