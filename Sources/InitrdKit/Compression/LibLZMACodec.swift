import CLZMA

/// Runs an encoder of liblzma. `XZCodec.swift` and `LZMACodec.swift` set the encoders up.
struct LibLZMACompressor: CompressorCodec, ~Copyable {
  /// The format, for messages.
  private let format: Compression
  private let stream: StableCell<lzma_stream>
  private let output = CodecBuffer()

  // `setUp` makes the state of the encoder, and returns the code of the library.
  init(
    _ format: Compression, setUp: (UnsafeMutablePointer<lzma_stream>) -> lzma_ret
  ) throws(InitrdError) {
    self.format = format
    stream = StableCell(lzma_stream())
    let code = setUp(stream.address)
    guard code == LZMA_OK else { throw Self.failure(format, code) }
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
      // LZMA_BUF_ERROR: nothing was left to do, because the output had filled the buffer exactly.
      case LZMA_OK, LZMA_BUF_ERROR: if action == LZMA_RUN, free > 0 { return }
      default: throw Self.failure(format, code)
      }
    }
  }

  private static func failure(_ format: Compression, _ code: lzma_ret) -> InitrdError {
    code == LZMA_MEM_ERROR
      ? .noMemory(format.rawValue) : .codec(format.rawValue, "error \(code.rawValue)")
  }
}

/// Runs a decoder of liblzma.
struct LibLZMADecompressor: DecompressorCodec, ~Copyable {
  private let format: Compression
  private let stream: StableCell<lzma_stream>
  private let output = CodecBuffer()
  private let memoryLimit: UInt64

  // `setUp` makes the state of the decoder with a memory limit in bytes, and returns the code of the library.
  init(
    _ format: Compression, memoryLimit: UInt64,
    setUp: (UnsafeMutablePointer<lzma_stream>, UInt64) -> lzma_ret
  ) throws(InitrdError) {
    self.format = format
    self.memoryLimit = memoryLimit
    stream = StableCell(lzma_stream())
    // The library refuses a limit of 0.
    guard setUp(stream.address, max(1, memoryLimit)) == LZMA_OK else {
      throw .noMemory(format.rawValue)
    }
  }

  deinit { lzma_end(stream.address) }

  func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    stream.address.pointee.next_in = input.baseAddress
    stream.address.pointee.avail_in = input.count
    while true {
      stream.address.pointee.next_out = output.start
      stream.address.pointee.avail_out = output.size
      let code = lzma_code(stream.address, LZMA_RUN)
      let free = stream.address.pointee.avail_out
      guard try output.show(output.size - free, to: sink) == .goOn else { return .stopped }
      let consumed = input.count - stream.address.pointee.avail_in
      switch code {
      case LZMA_STREAM_END: return .init(consumed: consumed, ended: true)
      // If the output buffer is not full, all input has been read.
      case LZMA_OK, LZMA_BUF_ERROR: if free > 0 { return .init(consumed: consumed, ended: false) }
      default: throw failure(code, at: offset + UInt64(consumed))
      }
    }
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("\(format) stream", at: offset)
  }

  private func failure(_ code: lzma_ret, at offset: UInt64) -> InitrdError {
    switch code {
    case LZMA_MEM_ERROR: .noMemory(format.rawValue)
    case LZMA_MEMLIMIT_ERROR:
      InitrdError(
        .limit,
        "the \(format) stream's dictionary needs \(lzma_memusage(stream.address)) bytes of memory,"
          + " over the limit of \(memoryLimit)",
        at: .init(offset: offset),
        remedy: "compress it again with \(format) -6 or a smaller dict=")
    case LZMA_FORMAT_ERROR: .malformed("broken \(format) stream: wrong magic", at: offset)
    case LZMA_OPTIONS_ERROR:
      .malformed(
        "broken \(format) stream: unknown header field or filter", at: offset)
    default: .malformed("broken \(format) stream: the data is corrupt", at: offset)
    }
  }
}

extension lzma_options_lzma {
  /// The library's preset for a level, with a dictionary that is not larger than the content.
  ///
  /// The kernel allocates a dictionary of the declared size. Presets up to 6 have at most 8 MiB; only levels 7 to 9 have
  /// more.
  static func preset(_ level: Int, contentSize: UInt64) -> lzma_options_lzma {
    var options = lzma_options_lzma()
    let unknown = lzma_lzma_preset(&options, UInt32(level))
    precondition(unknown == 0, "the compressor has checked the level")
    options.dict_size = max(4096, UInt32(min(UInt64(options.dict_size), contentSize)))
    return options
  }
}
