private import CZstd

/// The kernel refuses windows above 2^27 bytes (`lib/decompress_unzstd.c`).
private let zstdKernelWindowLog: Int32 = 27

/// Writes one zstd frame.
///
/// `@unchecked`: the context has this value as its only owner.
struct ZstdCompressor: CompressorCodec, ~Copyable, @unchecked Sendable {
  private let context = ZSTD_createCCtx()
  private let output = CodecBuffer()

  init(level: Int, contentSize: UInt64) throws(InitrdError) {
    guard context != nil else { throw .noMemory("zstd") }
    // Every level keeps its window to 2^27 or below. The pledged size shrinks it further, to what
    // the content needs, and goes into the header; a pledge of 0 is a known empty content.
    //
    // The content's checksum is on: the kernel verifies it, so a rotten image says so at boot
    // instead of running wrong files, and an inspector can tell too. It costs 4 bytes, and 12 ms
    // for each 100 MB decoded (measured with zstd 1.5.4; 10 % of the decoding).
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

  /// One call of the library; returns how much it still has to write, at least.
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
/// `@unchecked`: the context has this value as its only owner.
struct ZstdDecompressor: DecompressorCodec, ~Copyable, @unchecked Sendable {
  private let context = ZSTD_createDCtx()
  private let output = CodecBuffer()
  private let windowLog: Int32
  /// The frame's first bytes, from which its content's size is told.
  private var head: [UInt8] = []
  /// Bytes of content that came out.
  private var contentSize: UInt64 = 0

  init(
    memoryLimit: UInt64, maxWindowLog: Int32 = zstdKernelWindowLog
  ) throws(InitrdError) {
    // zstd knows powers of two; 2^10 is the smallest window that the format has.
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
      // All input is taken once the output has room left.
      if source.pos == source.size, target.pos < target.size {
        return .init(consumed: source.pos, ended: false)
      }
    }
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("zstd frame", at: offset)
  }

  /// The library skips skippable frames and may read the formats before 1.0; the kernel calls
  /// both an invalid magic.
  private func checkMagic(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64
  ) throws(InitrdError) {
    let magic = ZstdFrameHeader.magic
    guard offset < magic.count else { return }
    for (index, pair) in zip(magic[Int(offset)...], input).enumerated() where pair.0 != pair.1 {
      let place = offset + UInt64(index)
      throw .malformed(
        place == 0 && 0x50...0x5f ~= pair.1
          ? "a skippable zstd frame, which the kernel refuses" : "broken zstd frame: wrong magic",
        at: place)
    }
  }

  /// The library decodes a frame that it has all of at once, and then holds its content to the size in its header;
  /// where it gets the frame in pieces, a last block without content hides that there is less.
  private func checkSize(at offset: UInt64) throws(InitrdError) {
    guard let size = ZstdFrameHeader(head.span)?.contentSize, size != contentSize else { return }
    throw .malformed(
      "broken zstd frame: \(contentSize) bytes of content, and its header says \(size)",
      at: offset)
  }

  private func failure(_ code: Int, at offset: UInt64) -> InitrdError {
    // zstd_errors.h has the numbers, which stay: 16 is windowTooLarge, 64 memory_allocation.
    switch 0 - code {
    case 16:
      InitrdError(
        .limit,
        "the zstd frame's window is above \(1 << Int(windowLog)) bytes (2^\(windowLog))",
        at: .init(offset: offset), remedy: "compress it again without --long")
    case 64: .noMemory("zstd")
    default:
      .malformed(
        "broken zstd frame: \(String(cString: ZSTD_getErrorName(code)))", at: offset)
    }
  }
}
