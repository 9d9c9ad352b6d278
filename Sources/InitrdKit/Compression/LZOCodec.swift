// A file of the lzop command (lib/decompress_unlzo.c reads it), with numbers of 32 bits:
//
//     header · ( size of the content · size of the data · checksum · the data )* · 0
//
// If the data is as long as the content, it is the uncompressed content; else it is a block of LZO1X.

/// The content of a block in bytes: the size that lzop uses, and the maximum of the kernel.
private let lzoBlockSize = 256 << 10

/// Writes a file of lzop without name and time, with one checksum for each block.
struct LZOCompressor: CompressorCodec, ~Copyable {
  private let level: Int
  private let encoder: LZO1XEncoder
  private let block: CodecBuffer
  private var filled = 0
  /// The sizes, checksum and data of a block.
  private let output: CodecBuffer
  private var started = false

  private static let numbersSize = 12

  init(level: Int, contentSize: UInt64) {
    self.level = level
    let size = Int(min(contentSize, UInt64(lzoBlockSize)))
    encoder = LZO1XEncoder(level: level, blockSize: size)
    block = CodecBuffer(max(size, 1))
    output = CodecBuffer(Self.numbersSize + LZO1X.bound(size))
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
    let end = UInt32(0).bytes(.big)
    try sink(end.span)
  }

  private mutating func start(to sink: Compression.Sink) throws(InitrdError) {
    if started { return }
    started = true
    let header = LZOHeader.bytes(level: level)
    try sink(header.span)
  }

  private mutating func writeBlock(to sink: Compression.Sink) throws(InitrdError) {
    let content = UnsafeBufferPointer(rebasing: block.bytes[..<filled])
    let data = output.start + Self.numbersSize
    var count = encoder.encode(content, to: data)
    if count >= filled {
      data.update(from: block.start, count: filled)
      count = filled
    }
    let numbers = [UInt32(filled), UInt32(count), LZOChecksum.adler32(content)]
    for (index, byte) in numbers.flatMap({ $0.bytes(.big) }).enumerated() {
      output.bytes[index] = byte
    }
    try output.show(Self.numbersSize + count, to: sink)
    filled = 0
  }
}

/// Reads the variants of lzop files that the kernel reads. Unlike the kernel, it verifies the checksums: wrong ones are
/// errors or are reported.
struct LZODecompressor: DecompressorCodec, ~Copyable {
  private enum Expected {
    case magic, fields, name(LZOHeader), contentSize, dataSize(content: Int)
    case data(Int, content: Int, checksum: UInt32)

    /// The size in bytes.
    var size: Int {
      switch self {
      case .magic: LZOHeader.magic.count
      case .fields: LZOHeader.fieldsSize
      // The checksum of the header follows the name. The checksum of a block follows the size of its data.
      case .name(let header): header.nameLength + 4
      case .contentSize: 4
      case .dataSize: 8
      case .data(let size, _, _): size
      }
    }
  }

  private var expected = Expected.magic
  private var isCRC32 = false
  private let refusesWrongChecksums: Bool
  private var hasWrongChecksum = false
  private var step = ReadStep.goOn
  private let output = CodecBuffer(lzoBlockSize)
  private var units = UnitCollector(largest: lzoBlockSize)

  init(memoryLimit: UInt64, refusesWrongChecksums: Bool = true) throws(InitrdError) {
    self.refusesWrongChecksums = refusesWrongChecksums
    let needed = UInt64(2 * lzoBlockSize)
    guard memoryLimit >= needed else {
      throw InitrdError(
        .limit, "lzo needs \(needed) bytes of memory, over the limit of \(memoryLimit)")
    }
  }

  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var consumed = 0
    while let unit = units.next(expected.size, of: input, from: &consumed) {
      let start = offset + UInt64(consumed) - UInt64(unit.count)
      guard let next = try take(unit, at: start, to: sink) else {
        return .init(consumed: consumed, ended: true, hasWrongChecksum: hasWrongChecksum)
      }
      if step == .stop { return .stopped }
      expected = next
    }
    return .init(consumed: consumed, ended: false)
  }

  func finish(at offset: UInt64) throws(InitrdError) {
    throw .truncated("lzo member", at: offset)
  }

  /// Reads the expected part; returns the next expected part, or `nil` at the end of the member.
  private mutating func take(
    _ unit: UnsafeBufferPointer<UInt8>, at start: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Expected? {
    switch expected {
    case .magic:
      guard unit.elementsEqual(LZOHeader.magic) else {
        throw .malformed("broken lzo member: wrong magic", at: start)
      }
      return .fields
    case .fields: return .name(try LZOHeader(unit, at: start))
    case .name(let header):
      if !header.isRight(unit) {
        try noteWrongChecksum("of its header", at: start + UInt64(header.nameLength))
      }
      isCRC32 = header.isCRC32
      return .contentSize
    case .contentSize:
      let size = Self.number(unit, at: 0)
      if size == 0 { return nil }
      guard size <= lzoBlockSize else {
        throw .malformed(
          "an lzo block of \(size) bytes; the kernel refuses more than \(lzoBlockSize)", at: start)
      }
      return .dataSize(content: Int(size))
    case .dataSize(let content):
      let size = Self.number(unit, at: 0)
      guard 1...UInt32(content) ~= size else {
        throw .malformed(
          "broken lzo member: \(size) bytes of data for a block of \(content)", at: start)
      }
      return .data(Int(size), content: content, checksum: Self.number(unit, at: 4))
    case .data(_, let size, let checksum):
      try decode(unit, size, checksum, at: start, to: sink)
      return .contentSize
    }
  }

  private static func number(_ unit: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt32 {
    UInt32(unit.span.number(at: offset, width: 4, .big) ?? 0)
  }

  private mutating func decode(
    _ data: UnsafeBufferPointer<UInt8>, _ size: Int, _ checksum: UInt32, at offset: UInt64,
    to sink: Decompressor.Sink
  ) throws(InitrdError) {
    var content = data
    if data.count < size {
      let target = UnsafeMutableBufferPointer(rebasing: output.bytes[..<size])
      try LZO1X.decode(data, at: offset, into: target)
      content = UnsafeBufferPointer(target)
    }
    let actual = isCRC32 ? LZOChecksum.crc32(content) : LZOChecksum.adler32(content)
    if actual != checksum { try noteWrongChecksum("of a block", at: offset) }
    step = try sink(content.span)
  }

  private mutating func noteWrongChecksum(_ what: String, at offset: UInt64) throws(InitrdError) {
    hasWrongChecksum = true
    if refusesWrongChecksums {
      throw .malformed("broken lzo member: wrong checksum \(what)", at: offset)
    }
  }
}
