private import CBzip2

/// Writes one bzip2 stream.
struct Bzip2Compressor: CompressorCodec, ~Copyable {
  private let stream: StableCell<bz_stream>
  private let output = CodecBuffer()

  init(level: Int) throws(InitrdError) {
    stream = StableCell(bz_stream())
    // The level is the size of a block in units of 100,000 bytes. A work factor of 0 is the library's default.
    guard BZ2_bzCompressInit(stream.address, Int32(level), 0, 0) == BZ_OK else {
      throw .noMemory("bzip2")
    }
  }

  // Safe even if BZ2_bzCompressInit failed: the library checks whether it has a state.
  deinit { BZ2_bzCompressEnd(stream.address) }

  func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    var rest = input[...]
    while !rest.isEmpty {
      let piece = UnsafeBufferPointer(rebasing: rest.prefix(codecPiece))
      rest = rest.dropFirst(piece.count)
      stream.address.takeInput(piece)
      while stream.address.pointee.avail_in > 0 { _ = try run(BZ_RUN, to: sink) }
    }
  }

  func finish(to sink: Compression.Sink) throws(InitrdError) {
    while try run(BZ_FINISH, to: sink) != BZ_STREAM_END {}
  }

  /// Calls the library once; returns its code, which is not an error.
  private func run(_ action: Int32, to sink: Compression.Sink) throws(InitrdError) -> Int32 {
    stream.address.giveOutput(output)
    let code = BZ2_bzCompress(stream.address, action)
    guard code > 0 else { throw .codec("bzip2", "BZ2_bzCompress returns \(code)") }
    try output.show(output.size - Int(stream.address.pointee.avail_out), to: sink)
    return code
  }
}

/// Reads one bzip2 stream and verifies its checksums.
struct Bzip2Decompressor: DecompressorCodec, ~Copyable {
  private let stream: StableCell<bz_stream>
  private let output = CodecBuffer()

  init() throws(InitrdError) {
    stream = StableCell(bz_stream())
    guard BZ2_bzDecompressInit(stream.address, 0, 0) == BZ_OK else { throw .noMemory("bzip2") }
  }

  deinit { BZ2_bzDecompressEnd(stream.address) }

  func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var consumed = 0
    while consumed < input.count {
      let piece = UnsafeBufferPointer(rebasing: input[consumed...].prefix(codecPiece))
      stream.address.takeInput(piece)
      let progress = try decompressPiece(at: offset + UInt64(consumed), size: piece.count, to: sink)
      if progress.isStopped { return progress }
      consumed += progress.consumed
      if progress.ended { return .init(consumed: consumed, ended: true) }
    }
    return .init(consumed: consumed, ended: false)
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("bzip2 stream", at: offset)
  }

  private func decompressPiece(
    at offset: UInt64, size: Int, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    while true {
      stream.address.giveOutput(output)
      let code = BZ2_bzDecompress(stream.address)
      let free = Int(stream.address.pointee.avail_out)
      guard try output.show(output.size - free, to: sink) == .goOn else { return .stopped }
      let consumed = size - Int(stream.address.pointee.avail_in)
      let place = offset + UInt64(consumed)
      switch code {
      case BZ_STREAM_END: return .init(consumed: consumed, ended: true)
      // If the output buffer is not full, all input has been read.
      case BZ_OK: if free > 0 { return .init(consumed: consumed, ended: false) }
      case BZ_MEM_ERROR: throw .noMemory("bzip2")
      case BZ_DATA_ERROR_MAGIC: throw .malformed("broken bzip2 stream: wrong magic", at: place)
      default: throw .malformed("broken bzip2 stream: the data is corrupt", at: place)
      }
    }
  }
}

extension UnsafeMutablePointer<bz_stream> {
  fileprivate func takeInput(_ piece: UnsafeBufferPointer<UInt8>) {
    // The library's header lacks `const`, and its bytes are plain chars. The library only reads them.
    pointee.next_in = UnsafeMutableRawPointer(mutating: piece.baseAddress)?.assumingMemoryBound(
      to: CChar.self)
    pointee.avail_in = UInt32(piece.count)
  }

  fileprivate func giveOutput(_ buffer: borrowing CodecBuffer) {
    pointee.next_out = UnsafeMutableRawPointer(buffer.start).assumingMemoryBound(to: CChar.self)
    pointee.avail_out = UInt32(buffer.size)
  }
}
