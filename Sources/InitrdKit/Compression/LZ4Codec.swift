private import CLZ4

// The legacy frame of lz4 (lib/decompress_unlz4.c reads it):
//
//     magic 0x184C2102 · ( size of the compressed block · the block )* · [ 0 ]
//
// Numbers have 32 bits, low byte first. Every block has a content of 8 MiB; the last one may have less. The magic may
// occur again between blocks, if `cat` joined two files. The format has no end mark: the kernel stops at a size of zero
// or if fewer than 4 bytes are left.
private let lz4LegacyMagic: UInt64 = 0x184C_2102
private let lz4BlockSize = 8 << 20
/// LZ4_COMPRESSBOUND(8 MiB), which is also the kernel's limit.
private let lz4CompressedBound = lz4BlockSize + lz4BlockSize / 255 + 16

/// Writes the legacy frame, followed by NULs.
struct LZ4Compressor: CompressorCodec, ~Copyable {
  private let level: Int32
  private let continues: Bool
  private let block: CodecBuffer
  private var filled = 0
  /// The size of a block and the compressed block.
  private let output: CodecBuffer
  private var total = 0
  private var started = false

  init(level: Int, contentSize: UInt64, continues: Bool) {
    self.continues = continues
    self.level = Int32(level)
    let size = Int(min(contentSize, UInt64(lz4BlockSize)))
    block = CodecBuffer(max(size, 4))
    output = CodecBuffer(4 + Int(LZ4_compressBound(Int32(size))))
  }

  mutating func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError) {
    try start(to: sink)
    var rest = input[...]
    while !rest.isEmpty {
      let piece = UnsafeBufferPointer(rebasing: rest.prefix(block.size - filled))
      rest = rest.dropFirst(piece.count)
      _ = UnsafeMutableBufferPointer(rebasing: block.bytes[filled...]).update(from: piece)
      filled += piece.count
      if filled == block.size { try writeBlock(to: sink) }
    }
  }

  mutating func finish(to sink: Compression.Sink) throws(InitrdError) {
    try start(to: sink)
    if filled > 0 { try writeBlock(to: sink) }
    // The kernel accepts the magic of the next member in place of the size of a block.
    if continues { return }
    // The kernel needs a size of zero before another segment, which must start at a multiple of 4.
    let padding = 4 + (4 - total % 4) % 4
    output.bytes[..<padding].update(repeating: 0)
    try output.show(padding, to: sink)
  }

  private mutating func start(to sink: Compression.Sink) throws(InitrdError) {
    if started { return }
    started = true
    put(UInt32(lz4LegacyMagic))
    try output.show(4, to: sink)
    total = 4
  }

  private mutating func writeBlock(to sink: Compression.Sink) throws(InitrdError) {
    let room = Int32(output.size - 4)
    let count = block.start.withMemoryRebound(to: CChar.self, capacity: filled) { source in
      output.start.withMemoryRebound(to: CChar.self, capacity: output.size) { target in
        // As in lz4(1), levels 1 and 2 use the fast compressor: LZ4_compress_HC is slow and compresses badly with them.
        level < 3
          ? LZ4_compress_default(source, target + 4, Int32(filled), room)
          : LZ4_compress_HC(source, target + 4, Int32(filled), room, level)
      }
    }
    guard count > 0 else { throw .codec("lz4", "no room for a block of \(filled) bytes") }
    put(UInt32(count))
    try output.show(4 + Int(count), to: sink)
    total += 4 + Int(count)
    filled = 0
  }

  private func put(_ word: UInt32) {
    _ = output.bytes.update(fromContentsOf: word.bytes(.little))
  }
}

/// Reads the legacy frame up to the first zero size.
struct LZ4Decompressor: DecompressorCodec, ~Copyable {
  private enum Expected {
    case magic, size, block(Int)

    var size: Int { if case .block(let size) = self { size } else { 4 } }
  }

  private var expected = Expected.magic
  private let output = CodecBuffer(lz4BlockSize)
  /// Collects sizes and blocks.
  private var units = UnitCollector(largest: lz4CompressedBound)

  init(memoryLimit: UInt64) throws(InitrdError) {
    let needed = UInt64(lz4BlockSize + lz4CompressedBound)
    guard memoryLimit >= needed else {
      throw InitrdError(
        .limit, "lz4 needs \(needed) bytes of memory, over the limit of \(memoryLimit)")
    }
  }

  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var consumed = 0
    while let unit = units.next(expected.size, of: input, from: &consumed) {
      let start = offset + UInt64(consumed) - UInt64(unit.count)
      switch expected {
      case .magic:
        guard word(unit) == lz4LegacyMagic else {
          throw .malformed("broken lz4 member: wrong magic", at: start)
        }
        expected = .size
      case .size:
        switch word(unit) ?? 0 {
        case 0:
          // The NULs are not part of the member. Those of earlier inputs were already consumed.
          return .init(consumed: max(0, consumed - 4), ended: true)
        case lz4LegacyMagic: break
        case let size where Int(size) <= lz4CompressedBound: expected = .block(Int(size))
        case let size:
          throw .malformed(
            "broken lz4 member: a block of \(size) bytes, more than \(lz4CompressedBound)",
            at: start, remedy: "put at least 4 NULs between lz4 data and the next segment")
        }
      case .block:
        guard try decode(unit, at: start, to: sink) == .goOn else { return .stopped }
        expected = .size
      }
    }
    return .init(consumed: consumed, ended: false)
  }

  mutating func finish(at offset: UInt64) throws(InitrdError) {
    guard case .size = expected else { throw .truncated("lz4 member", at: offset) }
    // Up to 3 bytes may be left. The kernel's decoder leaves them to its caller, which accepts only NULs.
    guard units.rest.allSatisfy({ $0 == 0 }) else { throw .truncated("lz4 member", at: offset) }
  }

  private func decode(
    _ block: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> ReadStep {
    let count = block.withMemoryRebound(to: CChar.self) { source in
      output.start.withMemoryRebound(to: CChar.self, capacity: output.size) { target in
        LZ4_decompress_safe(source.baseAddress, target, Int32(source.count), Int32(output.size))
      }
    }
    guard count >= 0 else {
      throw .malformed("broken lz4 member: a block can't be decoded", at: offset)
    }
    return try output.show(Int(count), to: sink)
  }

  private func word(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64? {
    bytes.span.number(at: 0, width: 4)
  }
}
