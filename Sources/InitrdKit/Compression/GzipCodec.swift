private import CZlib

/// `windowBits` of zlib: 15 for the full window of 32 KiB, and 16 for the header and trailer of gzip.
private let gzipWindowBits: Int32 = 15 + 16
/// `windowBits` of zlib: the full window of 32 KiB, without header and trailer.
private let rawWindowBits: Int32 = -15

/// Writes one gzip member: ten bytes of header, deflate data and eight bytes of trailer.
struct GzipCompressor: CompressorCodec, ~Copyable {
  private let stream: StableCell<z_stream>
  private let output = CodecBuffer()
  /// zlib reads it later, when it writes the first bytes.
  private let header: StableCell<gz_header>

  init(level: Int) throws(InitrdError) {
    stream = StableCell(z_stream())
    // No name, comment, extra field or header CRC: the kernel refuses all of them except the name. No time, and always
    // the system byte of Unix, so that the output does not depend on the machine.
    var fields = gz_header()
    fields.os = 3
    header = StableCell(fields)
    let code = deflateInit2_(
      stream.address, Int32(level), Z_DEFLATED, gzipWindowBits, 8, Z_DEFAULT_STRATEGY,
      zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw .noMemory("gzip") }
    guard deflateSetHeader(stream.address, header.address) == Z_OK else {
      throw .codec("gzip", "deflateSetHeader")
    }
  }

  // Safe even if deflateInit2_ failed: zlib checks whether it has a state.
  deinit { deflateEnd(stream.address) }

  func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    var rest = input[...]
    while !rest.isEmpty {
      let piece = UnsafeBufferPointer(rebasing: rest.prefix(codecPiece))
      rest = rest.dropFirst(piece.count)
      // zlib's header lacks `const`; deflate never writes to its input.
      stream.address.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress)
      stream.address.pointee.avail_in = UInt32(piece.count)
      try run(Z_NO_FLUSH, to: sink)
    }
  }

  func finish(to sink: Compression.Sink) throws(InitrdError) {
    stream.address.pointee.avail_in = 0
    try run(Z_FINISH, to: sink)
  }

  private func run(_ flush: Int32, to sink: Compression.Sink) throws(InitrdError) {
    while true {
      stream.address.pointee.next_out = output.start
      stream.address.pointee.avail_out = UInt32(output.size)
      let code = deflate(stream.address, flush)
      let free = Int(stream.address.pointee.avail_out)
      try output.show(output.size - free, to: sink)
      switch code {
      case Z_STREAM_END: return
      // Z_BUF_ERROR: nothing was left to do, because the output had filled the buffer exactly.
      case Z_OK, Z_BUF_ERROR: if flush != Z_FINISH, free > 0 { return }
      default: throw .codec("gzip", "deflate returns \(code)")
      }
    }
  }
}

/// Reads one gzip member and verifies its CRC and size, which the kernel does not do.
struct GzipDecompressor: DecompressorCodec, ~Copyable {
  private let stream: StableCell<z_stream>
  private let output = CodecBuffer()

  init() throws(InitrdError) {
    stream = StableCell(z_stream())
    let code = inflateInit2_(
      stream.address, gzipWindowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw .noMemory("gzip") }
  }

  deinit { inflateEnd(stream.address) }

  func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var consumed = 0
    while consumed < input.count {
      let piece = UnsafeBufferPointer(rebasing: input[consumed...].prefix(codecPiece))
      stream.address.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress)
      stream.address.pointee.avail_in = UInt32(piece.count)
      let progress = try inflatePiece(at: offset + UInt64(consumed), size: piece.count, to: sink)
      if progress.isStopped { return progress }
      consumed += progress.consumed
      if progress.ended { return .init(consumed: consumed, ended: true) }
    }
    return .init(consumed: consumed, ended: false)
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("gzip member", at: offset)
  }

  private func inflatePiece(
    at offset: UInt64, size: Int, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    while true {
      stream.address.pointee.next_out = output.start
      stream.address.pointee.avail_out = UInt32(output.size)
      let code = inflate(stream.address, Z_NO_FLUSH)
      let free = Int(stream.address.pointee.avail_out)
      guard try output.show(output.size - free, to: sink) == .goOn else { return .stopped }
      let consumed = size - Int(stream.address.pointee.avail_in)
      switch code {
      case Z_STREAM_END: return .init(consumed: consumed, ended: true)
      // If the output buffer is not full, all input has been read.
      case Z_OK, Z_BUF_ERROR: if free > 0 { return .init(consumed: consumed, ended: false) }
      case Z_MEM_ERROR: throw .noMemory("gzip")
      default:
        let why = stream.address.pointee.msg.map { String(cString: $0) } ?? "error \(code)"
        throw .malformed(
          "broken gzip member: \(why)",
          at: offset + UInt64(consumed))
      }
    }
  }
}

/// Inflates deflate data without a container, and computes the CRC32 and size of the output.
struct RawInflater: ~Copyable {
  private let stream: StableCell<z_stream>
  private let output = CodecBuffer()
  /// The size of the output in bytes, modulo 2^32 as in gzip.
  private(set) var size: UInt32 = 0

  /// The CRC32 of the output.
  private(set) var checksum: UInt32 = 0

  init() throws(InitrdError) {
    stream = StableCell(z_stream())
    let code = inflateInit2_(
      stream.address, rawWindowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw .noMemory("gzip") }
  }

  deinit { inflateEnd(stream.address) }

  /// Inflates `input`, which starts at `offset` of the member.
  mutating func inflate(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    let piece = UnsafeBufferPointer(rebasing: input.prefix(codecPiece))
    stream.address.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress)
    stream.address.pointee.avail_in = UInt32(piece.count)
    while true {
      stream.address.pointee.next_out = output.start
      stream.address.pointee.avail_out = UInt32(output.size)
      let code = CZlib.inflate(stream.address, Z_NO_FLUSH)
      let free = Int(stream.address.pointee.avail_out)
      let count = output.size - free
      checksum = gzipChecksum(
        UnsafeBufferPointer(rebasing: output.bytes[..<count]), after: checksum)
      size &+= UInt32(count)
      guard try output.show(count, to: sink) == .goOn else { return .stopped }
      let consumed = piece.count - Int(stream.address.pointee.avail_in)
      switch code {
      case Z_STREAM_END: return .init(consumed: consumed, ended: true)
      // If the output buffer is not full, all input has been read.
      case Z_OK, Z_BUF_ERROR: if free > 0 { return .init(consumed: consumed, ended: false) }
      case Z_MEM_ERROR: throw .noMemory("gzip")
      default:
        let why = stream.address.pointee.msg.map { String(cString: $0) } ?? "error \(code)"
        throw .malformed("broken gzip member: \(why)", at: offset + UInt64(consumed))
      }
    }
  }
}
