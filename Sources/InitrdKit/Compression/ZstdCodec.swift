private import CZstd

/// The kernel refuses windows above 2^27 bytes (`lib/decompress_unzstd.c`).
private let zstdKernelWindowLog: Int32 = 27

/// Writes one zstd frame.
///
/// `@unchecked`: this value is the only owner of the context.
struct ZstdCompressor: CompressorCodec, ~Copyable, @unchecked Sendable {
  private let context = ZSTD_createCCtx()
  private let output = CodecBuffer()

  init(level: Int, contentSize: UInt64) throws(InitrdError) {
    guard context != nil else { throw .noMemory("zstd") }
    // No level has a window above 2^27. The pledged size, which is also written to the header, makes the window as small
    // as the content. A pledged size of 0 means an empty content of known size.
    //
    // The kernel verifies the checksum: with a damaged image the boot fails instead of running wrong files. It costs 4
    // bytes, and 12 ms for each 100 MB decoded (measured with zstd 1.5.4; 10 % of the decoding).
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level)))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
    try check(ZSTD_CCtx_setPledgedSrcSize(context, contentSize))
  }

  deinit { ZSTD_freeCCtx(context) }

  func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    while source.pos < source.size { _ = try step(&source, ZSTD_e_continue, to: sink) }
  }

  func finish(to sink: Compression.Sink) throws(InitrdError) {
    var nothing = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    while try step(&nothing, ZSTD_e_end, to: sink) > 0 {}
  }

  /// Calls the library once; returns the minimum number of bytes that it still has to write.
  private func step(
    _ source: inout ZSTD_inBuffer, _ end: ZSTD_EndDirective, to sink: Compression.Sink
  ) throws(InitrdError) -> Int {
    var target = ZSTD_outBuffer(dst: output.start, size: output.size, pos: 0)
    let left = ZSTD_compressStream2(context, &target, &source, end)
    try check(left)
    try output.show(target.pos, to: sink)
    return left
  }

  private func check(_ code: Int) throws(InitrdError) {
    if ZSTD_isError(code) != 0 { throw .codec("zstd", String(cString: ZSTD_getErrorName(code))) }
  }
}

/// Reads one zstd frame.
///
/// `@unchecked`: this value is the only owner of the context.
struct ZstdDecompressor: DecompressorCodec, ~Copyable, @unchecked Sendable {
  private let context = ZSTD_createDCtx()
  private let output = CodecBuffer()
  private let windowLog: Int32
  /// The first bytes of the frame, which contain the size of its content.
  private var head: [UInt8] = []
  /// The number of decoded bytes.
  private var contentSize: UInt64 = 0

  init(
    memoryLimit: UInt64, maxWindowLog: Int32 = zstdKernelWindowLog
  ) throws(InitrdError) {
    // The limit of zstd is a power of two. The smallest window of the format is 2^10.
    let allowed = memoryLimit < 1 << 10 ? 10 : Int32(63 - memoryLimit.leadingZeroBitCount)
    windowLog = min(allowed, maxWindowLog)
    guard context != nil else { throw .noMemory("zstd") }
    guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog)) == 0
    else { throw .codec("zstd", "no window of 2^\(windowLog)") }
  }

  deinit { ZSTD_freeDCtx(context) }

  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    try checkMagic(input, at: offset)
    head += input.prefix(ZstdFrameHeader.maxSize - head.count)
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    while true {
      var target = ZSTD_outBuffer(dst: output.start, size: output.size, pos: 0)
      let code = ZSTD_decompressStream(context, &target, &source)
      guard try output.show(target.pos, to: sink) == .goOn else { return .stopped }
      if ZSTD_isError(code) != 0 { throw failure(code, at: offset + UInt64(source.pos)) }
      contentSize += UInt64(target.pos)
      if code == 0 {
        try checkSize(at: offset + UInt64(source.pos))
        return .init(consumed: source.pos, ended: true)
      }
      // If the output buffer is not full, all input has been read.
      if source.pos == source.size, target.pos < target.size {
        return .init(consumed: source.pos, ended: false)
      }
    }
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("zstd frame", at: offset)
  }

  /// Refuses frames that the library may read, but the kernel does not: skippable frames and the formats before 1.0.
  private func checkMagic(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64
  ) throws(InitrdError) {
    let magic = ZstdFrameHeader.magic
    guard offset < magic.count else { return }
    for (index, pair) in zip(magic[Int(offset)...], input).enumerated() where pair.0 != pair.1 {
      let place = offset + UInt64(index)
      throw .malformed(
        place == 0 && 0x50...0x5f ~= pair.1
          ? "this is a skippable zstd frame, which the kernel refuses"
          : "broken zstd frame: wrong magic",
        at: place)
    }
  }

  /// Compares the size of the content with the header. The library does this itself only if it gets the whole frame in
  /// one call. If it gets the frame in pieces, it does not notice a content that is too short if the last block is empty.
  private func checkSize(at offset: UInt64) throws(InitrdError) {
    guard let size = ZstdFrameHeader(head.span)?.contentSize, size != contentSize else { return }
    throw .malformed(
      "broken zstd frame: it has \(contentSize) bytes of content, but its header says \(size)",
      at: offset)
  }

  private func failure(_ code: Int, at offset: UInt64) -> InitrdError {
    // The numbers of zstd_errors.h are stable: 16 is windowTooLarge, 64 is memory_allocation.
    switch 0 - code {
    case 16:
      InitrdError(
        .limit,
        "the window of the zstd frame is larger than \(1 << Int(windowLog)) bytes (2^\(windowLog))",
        at: .init(offset: offset), remedy: "compress it again without --long")
    case 64: .noMemory("zstd")
    default:
      .malformed(
        "broken zstd frame: \(String(cString: ZSTD_getErrorName(code)))", at: offset)
    }
  }
}
