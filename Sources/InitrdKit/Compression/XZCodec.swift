private import CLZMA

// liblzma has these as macros with casts, which Swift does not import.
private let xzEndOfFilters = UInt64.max  // LZMA_VLI_UNKNOWN
private let xzFilterX86: UInt64 = 0x04
private let xzFilterLZMA2: UInt64 = 0x21

/// Writes one xz stream of one block, with a CRC32 check.
struct XZCompressor: CompressorCodec, ~Copyable {
  private let stream: StableCell<lzma_stream>
  private let output = CodecBuffer()

  init(level: Int, contentSize: UInt64, x86: Bool) throws(InitrdError) {
    stream = StableCell(lzma_stream())
    var options = lzma_options_lzma()
    guard lzma_lzma_preset(&options, UInt32(level)) == 0 else {
      throw .codec("xz", "no preset \(level)")
    }
    // The kernel allocates the dictionary as declared, so it follows the content. The presets up
    // to 6 stay at 8 MiB or below by themselves; more is only had by asking for level 7 to 9.
    options.dict_size = max(4096, UInt32(min(UInt64(options.dict_size), contentSize)))
    let code = withUnsafeMutablePointer(to: &options) { options in
      let lzma2 = lzma_filter(id: xzFilterLZMA2, options: options)
      let end = lzma_filter(id: xzEndOfFilters, options: nil)
      let filters =
        x86 ? [lzma_filter(id: xzFilterX86, options: nil), lzma2, end] : [lzma2, end]
      // One thread: the threaded encoder cuts blocks, and so bytes, by other rules.
      return lzma_stream_encoder(stream.address, filters, LZMA_CHECK_CRC32)
    }
    guard code == LZMA_OK else {
      throw code == LZMA_MEM_ERROR ? .noMemory("xz") : .codec("xz", "error \(code.rawValue)")
    }
  }

  deinit { lzma_end(stream.address) }

  func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    stream.address.pointee.next_in = input.baseAddress
    stream.address.pointee.avail_in = input.count
    try run(LZMA_RUN, to: sink)
  }

  func finish(to sink: Compression.Sink) throws(InitrdError) {
    stream.address.pointee.avail_in = 0
    try run(LZMA_FINISH, to: sink)
  }

  private func run(_ action: lzma_action, to sink: Compression.Sink) throws(InitrdError) {
    while true {
      stream.address.pointee.next_out = output.start
      stream.address.pointee.avail_out = output.size
      let code = lzma_code(stream.address, action)
      let free = stream.address.pointee.avail_out
      try output.show(output.size - free, to: sink)
      switch code {
      case LZMA_STREAM_END: return
      // LZMA_BUF_ERROR: there was nothing left to do, after output that just filled the buffer.
      case LZMA_OK, LZMA_BUF_ERROR: if action == LZMA_RUN, free > 0 { return }
      case LZMA_MEM_ERROR: throw .noMemory("xz")
      default: throw .codec("xz", "error \(code.rawValue)")
      }
    }
  }
}

/// Reads one xz stream with whatever check and filters it has: kernels take fewer.
struct XZDecompressor: DecompressorCodec, ~Copyable {
  private let stream: StableCell<lzma_stream>
  private let output = CodecBuffer()
  private let memoryLimit: UInt64

  init(memoryLimit: UInt64) throws(InitrdError) {
    stream = StableCell(lzma_stream())
    self.memoryLimit = memoryLimit
    // No LZMA_CONCATENATED: what follows the stream is not ours.
    guard lzma_stream_decoder(stream.address, max(1, memoryLimit), 0) == LZMA_OK else {
      throw .noMemory("xz")
    }
  }

  deinit { lzma_end(stream.address) }

  func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Compression.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    stream.address.pointee.next_in = input.baseAddress
    stream.address.pointee.avail_in = input.count
    while true {
      stream.address.pointee.next_out = output.start
      stream.address.pointee.avail_out = output.size
      let code = lzma_code(stream.address, LZMA_RUN)
      let free = stream.address.pointee.avail_out
      try output.show(output.size - free, to: sink)
      let consumed = input.count - stream.address.pointee.avail_in
      switch code {
      case LZMA_STREAM_END: return .init(consumed: consumed, ended: true)
      // All input is taken once the output has room left.
      case LZMA_OK, LZMA_BUF_ERROR: if free > 0 { return .init(consumed: consumed, ended: false) }
      default: throw failure(code, at: offset + UInt64(consumed))
      }
    }
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("xz stream", at: offset)
  }

  private func failure(_ code: lzma_ret, at offset: UInt64) -> InitrdError {
    switch code {
    case LZMA_MEM_ERROR: .noMemory("xz")
    case LZMA_MEMLIMIT_ERROR:
      InitrdError(
        .limit,
        "the xz stream's dictionary needs \(lzma_memusage(stream.address)) bytes of memory,"
          + " over the limit of \(memoryLimit)",
        at: .init(offset: offset), hint: "compress it again with xz -6 or a smaller dict=")
    case LZMA_FORMAT_ERROR: .malformed("broken xz stream: wrong magic", at: offset)
    case LZMA_OPTIONS_ERROR:
      .malformed("broken xz stream: a header field or filter that xz doesn't know", at: offset)
    default: .malformed("broken xz stream: the data is corrupt", at: offset)
    }
  }
}
