/// Reads a gzip member as the kernel does, which verifies neither the CRC nor the size after the data. Wrong values are
/// reported, but are not errors.
///
///     header (10) | name and its NUL, with flag 8 | deflate data | CRC32 (4) | size (4)
struct KernelGzipDecompressor: DecompressorCodec, ~Copyable {
  private enum Expected { case header, name, data, trailer, end }

  private var expected = Expected.header
  private var units: [UInt8] = []
  private var inflater: RawInflater
  private var room: PagedMemory?
  private var checksum: UInt32 = 0
  private var size: UInt32 = 0
  private var hasWrongChecksum = false

  /// Makes a decompressor for one member. If the first input contains all data, and the content fits in `room`, it is
  /// inflated in one call.
  init(room: PagedMemory? = nil) throws(InitrdError) {
    inflater = try RawInflater()
    self.room = room
  }

  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var consumed = 0
    while consumed < input.count, expected != .end {
      let rest = UnsafeBufferPointer(rebasing: input[consumed...])
      switch expected {
      case .header:
        consumed += collect(rest, GzipHeader.size)
        guard units.count == GzipHeader.size else { break }
        guard let header = GzipHeader(units.span), header.hasUsualMagic, header.isDeflate else {
          throw .malformed("broken gzip member: the method is not deflate", at: offset)
        }
        expected = header.flags.contains(.name) ? .name : .data
        units = []
      case .name:
        let end = rest.firstIndex(of: 0)
        consumed += end.map { $0 + 1 } ?? rest.count
        if end != nil { expected = .data }
      case .data:
        let progress = try inflate(rest, at: offset + UInt64(consumed), to: sink)
        if progress.isStopped { return progress }
        consumed += progress.consumed
        if progress.ended { expected = .trailer }
      case .trailer:
        consumed += collect(rest, GzipHeader.Trailer.size)
        guard units.count == GzipHeader.Trailer.size else { break }
        hasWrongChecksum = !isRight(units.span)
        expected = .end
      case .end: break
      }
    }
    return .init(
      consumed: consumed, ended: expected == .end, hasWrongChecksum: hasWrongChecksum)
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("gzip member", at: offset)
  }

  private mutating func inflate(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    // Only the first piece can contain all data. libdeflate accepts symbols that zlib refuses, so data with a wrong
    // checksum is decoded again by zlib.
    if let room = room.take(), let whole = WholeInflater.inflate(input, into: room.bytes) {
      (checksum, size) = (whole.checksum, UInt32(truncatingIfNeeded: whole.count))
      if isRight(input.span.extracting(whole.consumed...)) {
        if whole.count > 0,
          try sink(UnsafeBufferPointer(rebasing: room.bytes[..<whole.count]).span) == .stop
        {
          return .stopped
        }
        return .init(consumed: whole.consumed, ended: true)
      }
    }
    let progress = try inflater.inflate(input, at: offset, to: sink)
    (checksum, size) = (inflater.checksum, inflater.size)
    return progress
  }

  private mutating func collect(_ bytes: UnsafeBufferPointer<UInt8>, _ size: Int) -> Int {
    let piece = bytes.prefix(size - units.count)
    units += piece
    return piece.count
  }

  /// Whether `trailer` starts with the checksum and size of the output.
  private func isRight(_ trailer: Span<UInt8>) -> Bool {
    guard let trailer = GzipHeader.Trailer(trailer) else { return false }
    return trailer.checksum == checksum && trailer.contentSize == size
  }
}
