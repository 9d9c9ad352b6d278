/// Compresses bytes to one member, in the variant of its format that the kernel decodes (`lib/decompress_*.c`):
///
/// | | |
/// |---|---|
/// | gzip | one member; header without name and time, and without extra fields, which the kernel refuses |
/// | bzip2 | one stream |
/// | lzma | one `.lzma` stream without its size, with an end mark |
/// | xz | one stream of one block with a CRC32 check (the kernel refuses CRC64, the default of xz) |
/// | lzo | a file of lzop with blocks of 256 KiB, each with one checksum |
/// | lz4 | the legacy frame with blocks of 8 MiB, followed by NULs: see ``finish(to:)`` |
/// | zstd | one frame with the size of its content and a window of at most 128 MiB |
/// | none | the unchanged bytes |
///
/// The same content gives the same output, independent of the sizes of the writes. The memory depends on the level,
/// not on the size of the content. A compressor can't be used after an error.
package struct Compressor: ~Copyable, Sendable {
  private var codec: any CompressorCodec & ~Copyable
  private let contentSize: UInt64
  private var written: UInt64 = 0

  /// Makes a compressor for content of a known size.
  ///
  /// - Parameters:
  ///   - algorithm: the format of the output.
  ///   - level: one of the algorithm's ``Compression/levels``; `nil`: its ``Compression/defaultLevel``. Levels 1 and 2
  ///     of lz4 are the same (the fast compressor); 3 to 12 are the HC compressor. All of them decode equally fast.
  ///   - contentSize: the exact number of bytes that will be written. Windows and dictionaries are not larger than the
  ///     content, because the kernel allocates memory of the declared size.
  ///   - x86Filter: whether xz makes x86 branch targets absolute before it compresses; for xz only. This makes x86
  ///     programs smaller by some percent, and needs `CONFIG_XZ_DEC_X86` in the kernel.
  ///   - continues: whether another member of the same format follows immediately. Then no NULs follow an lz4 member.
  /// - Throws: ``InitrdError`` with the code `limit` for a level that the algorithm does not have, `conflict` for the
  ///   filter without xz, `system` if there is not enough memory.
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
  ///   - bytes: any number of bytes.
  ///   - sink: gets the compressed bytes that are ready; possibly none.
  /// - Throws: ``InitrdError`` with the code `changed` for more bytes than `contentSize`; errors of the sink.
  package mutating func write(
    _ bytes: Span<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    if bytes.isEmpty { return }
    guard UInt64(bytes.count) <= contentSize - written else {
      throw InitrdError(
        .changed, "the content is longer than the expected \(contentSize) bytes")
    }
    written += UInt64(bytes.count)
    try bytes.withUnsafeBufferPointer { (input) throws(InitrdError) in
      try codec.write(input, to: sink)
    }
  }

  /// Ends the member.
  ///
  /// The kernel's lz4 decoder detects the end of a member by a zero word or by the end of the input. It would read the
  /// start of the next segment as a word. So 4 to 7 NULs follow an lz4 member, up to a multiple of 4 bytes. The kernel
  /// skips NULs between segments. The `lz4` command prints "Corrupted input" at them, after all content was decoded.
  ///
  /// - Parameter sink: gets the remaining compressed bytes.
  /// - Throws: ``InitrdError`` with the code `changed` for fewer bytes than `contentSize`; errors of the sink.
  package mutating func finish(to sink: Compression.Sink) throws(InitrdError) {
    guard written == contentSize else {
      throw InitrdError(
        .changed,
        "the content ended after \(written) of the expected \(contentSize) bytes")
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
          remedy: "choose a level from \(levels.lowerBound) to \(levels.upperBound)")
      }
    } else if level != 0 {
      throw InitrdError(
        .limit, "a level of \(level) without a compression", remedy: "remove the level")
    }
    guard algorithm == .xz || !x86Filter else {
      throw InitrdError(.conflict, "the x86 filter works only with xz, not with \(algorithm)")
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
