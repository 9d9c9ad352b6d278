/// Compresses the bytes of one segment into one member, in exactly the variant of its format
/// that the kernel decodes (`lib/decompress_*.c`):
///
/// | | |
/// |---|---|
/// | gzip | one member; header without name, time or extra fields, which the kernel refuses |
/// | bzip2 | one stream |
/// | lzma | one `.lzma` stream of unknown size, with an end mark |
/// | xz | one stream of one block, CRC32 check (the kernel refuses xz's own default, CRC64) |
/// | lzo | a file of lzop with blocks of 256 KiB and one checksum for each |
/// | lz4 | the legacy frame with blocks of 8 MiB, closed by NULs: see ``finish(to:)`` |
/// | zstd | one frame with its content's size, window never above 128 MiB |
/// | none | the bytes as they are |
///
/// The same bytes in give the same bytes out, however they are cut into writes. Memory is
/// bounded by the level, not by the content. After an error the compressor is of no more use.
package struct Compressor: ~Copyable, Sendable {
  private var codec: any CompressorCodec & ~Copyable
  private let contentSize: UInt64
  private var written: UInt64 = 0

  /// A compressor for content of a known size.
  ///
  /// - Parameters:
  ///   - algorithm: the format to write.
  ///   - level: one of the algorithm's ``Compression/levels``; `nil` is its
  ///     ``Compression/defaultLevel``. lz4's levels 1 and 2 are its fast compressor (and equal),
  ///     3 to 12 its HC compressor: both decode equally fast.
  ///   - contentSize: how many bytes will be written, exactly. It keeps windows and dictionaries
  ///     as small as the content: the kernel allocates them as they are declared.
  ///   - x86Filter: for xz only, whether x86 branch targets are made absolute first. It saves
  ///     some percent on x86 binaries, and needs `CONFIG_XZ_DEC_X86` in the kernel.
  ///   - continues: whether a member of the same format follows at once: lz4 is then not closed by NULs.
  /// - Throws: ``InitrdError`` with the code `limit` for a level that the algorithm doesn't have,
  ///   `conflict` for the filter without xz, `system` when there is no memory.
  package init(
    _ algorithm: Compression, level: Int? = nil, contentSize: UInt64, x86Filter: Bool = false,
    continues: Bool = false
  ) throws(InitrdError) {
    self.contentSize = contentSize
    codec = try Self.codec(algorithm, level, contentSize, x86Filter, continues)
  }

  /// Compresses the next bytes of the content.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, as many as the caller likes.
  ///   - sink: gets what is ready, which may be nothing.
  /// - Throws: ``InitrdError`` with the code `changed` for more bytes than were announced, and
  ///   what the sink throws.
  package mutating func write(
    _ bytes: Span<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    if bytes.isEmpty { return }
    guard UInt64(bytes.count) <= contentSize - written else {
      throw InitrdError(
        .changed, "the content to compress is longer than the \(contentSize) bytes announced")
    }
    written += UInt64(bytes.count)
    try bytes.withUnsafeBufferPointer { (input) throws(InitrdError) in
      try codec.write(input, to: sink)
    }
  }

  /// Ends the member.
  ///
  /// The kernel's lz4 decoder knows the end by a zero word or by the input's end, and it reads
  /// words where another segment begins: so lz4 is followed by 4 to 7 NULs, up to a multiple of
  /// 4 bytes. The kernel skips NULs between segments; the `lz4` command does not know of this and
  /// says "Corrupted input" after it has decoded all of the content.
  ///
  /// - Parameter sink: gets the rest.
  /// - Throws: ``InitrdError`` with the code `changed` for fewer bytes than were announced, and
  ///   what the sink throws.
  package mutating func finish(to sink: Compression.Sink) throws(InitrdError) {
    guard written == contentSize else {
      throw InitrdError(
        .changed,
        "the content to compress ended after \(written) of the \(contentSize) bytes announced")
    }
    try codec.finish(to: sink)
  }

  private static func codec(
    _ algorithm: Compression, _ level: Int?, _ contentSize: UInt64, _ x86Filter: Bool,
    _ continues: Bool
  ) throws(InitrdError) -> any CompressorCodec & ~Copyable {
    let level = level ?? algorithm.defaultLevel
    if let levels = algorithm.levels {
      guard levels.contains(level) else {
        throw InitrdError(
          .limit, "\(algorithm) has no level \(level)",
          remedy: "give one from \(levels.lowerBound) to \(levels.upperBound)")
      }
    } else if level != 0 {
      throw InitrdError(
        .limit, "level \(level) without a compression", remedy: "leave the level out")
    }
    guard algorithm == .xz || !x86Filter else {
      throw InitrdError(.conflict, "the x86 filter belongs to xz, not to \(algorithm)")
    }
    switch algorithm {
    case .uncompressed: return PlainCompressor()
    case .gzip: return try GzipCompressor(level: level)
    case .bzip2: return try Bzip2Compressor(level: level)
    case .lzma: return try LibLZMACompressor.lzma(level: level, contentSize: contentSize)
    case .xz:
      return try LibLZMACompressor.xz(level: level, contentSize: contentSize, x86: x86Filter)
    case .lzo: return LZOCompressor(level: level, contentSize: contentSize)
    case .lz4:
      return LZ4Compressor(level: level, contentSize: contentSize, continues: continues)
    case .zstd: return try ZstdCompressor(level: level, contentSize: contentSize)
    }
  }
}

private struct PlainCompressor: CompressorCodec, ~Copyable {
  func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) { try sink(input.span) }

  func finish(to sink: Compression.Sink) {}
}
