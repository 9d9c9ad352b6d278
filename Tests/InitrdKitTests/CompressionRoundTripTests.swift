import InitrdKit
import Testing

/// Compresses `bytes` in pieces of `piece` bytes.
func compress(
  _ bytes: [UInt8], _ algorithm: Compression, level: Int? = nil, x86Filter: Bool = false,
  piece: Int = .max
) throws(InitrdError) -> [UInt8] {
  var result: [UInt8] = []
  var compressor = try Compressor(
    algorithm, level: level, contentSize: UInt64(bytes.count), x86Filter: x86Filter)
  var start = 0
  while start < bytes.count {
    let end = start + min(piece, bytes.count - start)
    try compressor.write(bytes.span.extracting(start..<end)) { result.append($0) }
    start = end
  }
  try compressor.finish { result.append($0) }
  return result
}

/// Decompresses one member in pieces of `piece` bytes: its content, and the number of bytes consumed.
func decompressMember(
  _ bytes: [UInt8], _ format: Compression, piece: Int = .max
) throws(InitrdError) -> (content: [UInt8], consumed: Int, ended: Bool) {
  var content: [UInt8] = []
  var decompressor = try Decompressor(format)
  var start = 0
  while start < bytes.count {
    let end = start + min(piece, bytes.count - start)
    let progress = try decompressor.decompress(bytes.span.extracting(start..<end)) {
      content.append($0)
    }
    start += progress.consumed
    if progress.ended { return (content, start, true) }
    if start != end { throw InitrdError(.malformed, "input left without an end") }
  }
  try decompressor.finish()
  return (content, start, false)
}

extension [UInt8] {
  mutating func append(_ span: Span<UInt8>) {
    span.withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}

/// Bytes that compress to about half, the same in every run.
func sample(_ size: Int) -> [UInt8] {
  var state: UInt32 = 12345
  let base = (0..<min(size, 65536)).map { index -> UInt8 in
    state = state &* 1_664_525 &+ 1_013_904_223
    return index % 3 == 0 ? UInt8(state >> 24) : UInt8(index >> 8 & 7)
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(size + base.count)
  while bytes.count < size {
    bytes += base
    bytes[bytes.count - base.count] = UInt8(truncatingIfNeeded: bytes.count >> 16)
  }
  bytes.removeLast(bytes.count - size)
  return bytes
}

let compressions = Compression.allCases.filter { $0 != .uncompressed }

/// Every algorithm, with levels of each of its strategies.
let compressionLevels: [(Compression, Int)] = [
  (.gzip, 1), (.gzip, 6), (.gzip, 9), (.bzip2, 1), (.bzip2, 9), (.lzma, 0), (.lzma, 9), (.xz, 0),
  (.xz, 6), (.xz, 9), (.lzo, 1), (.lzo, 5), (.lzo, 9), (.lz4, 1), (.lz4, 2),
  (.lz4, 3), (.lz4, 9), (.lz4, 12), (.zstd, 1), (.zstd, 3), (.zstd, 19), (.zstd, 22),
]

/// All levels with small sizes, and some with 9 MiB if that is fast: two blocks of lz4, and more than the
/// dictionaries of the lower levels.
let compressionCases: [(algorithm: Compression, level: Int, size: Int)] = {
  let large: [(Compression, Int, Int)] = [
    (.gzip, 1, 9 << 20), (.bzip2, 9, 2 << 20), (.lzma, 0, 9 << 20), (.xz, 0, 9 << 20),
    (.lzo, 5, 600_000), (.lz4, 1, 9 << 20), (.lz4, 9, 9 << 20), (.zstd, 3, 9 << 20),
  ]
  return compressionLevels.flatMap { codec in [0, 1, 65537].map { (codec.0, codec.1, $0) } } + large
}()

@Suite struct CompressionRoundTripTests {
  @Test(arguments: compressionCases)
  func compressedContentIsRestored(algorithm: Compression, level: Int, size: Int) throws {
    let content = sample(size)
    let packed = try compress(content, algorithm, level: level)
    #expect(Compression.detect(packed) == algorithm)
    let member = try decompressMember(packed, algorithm)
    #expect(member.content == content)
    #expect(member.ended)
    #expect(try Decompressor.decompressWhole(packed, format: algorithm, limit: size) == content)
  }

  @Test func uncompressedContentIsUnchanged() throws {
    #expect(try compress([1, 2, 3], .uncompressed, piece: 2) == [1, 2, 3])
    #expect(try compress([], .uncompressed) == [])
  }

  @Test(arguments: compressions, [1, 7, 4093])
  func outputDoesNotDependOnPieces(algorithm: Compression, piece: Int) throws {
    let content = sample(70_001)
    let packed = try compress(content, algorithm)
    #expect(try compress(content, algorithm, piece: piece) == packed)
    #expect(try decompressMember(packed, algorithm, piece: piece).content == content)
  }

  @Test(arguments: compressions, [1, 3, 4096, .max])
  func decompressionStopsAtTheMemberEnd(algorithm: Compression, piece: Int) throws {
    let content = sample(3000)
    var packed = try compress(content, algorithm)
    // For lz4, the NULs after the last block are not part of the member.
    let end = algorithm == .lz4 ? lz4Data(packed).count : packed.count
    packed += Array("070701".utf8)
    let member = try decompressMember(packed, algorithm, piece: piece)
    #expect(member.content == content)
    #expect(member.ended)
    if algorithm == .lz4, piece < 4 {
      #expect(end...end + 3 ~= member.consumed)
    } else {
      #expect(member.consumed == end)
    }
  }

  @Test(arguments: compressions)
  func nothingIsConsumedAfterTheEnd(algorithm: Compression) throws {
    let packed = try compress([1, 2, 3], algorithm)
    var decompressor = try Decompressor(algorithm)
    let empty: [UInt8] = []
    let nothing = try decompressor.decompress(empty.span) { _ in }
    #expect(nothing.consumed == 0 && !nothing.ended)
    _ = try decompressor.decompress(packed.span) { _ in }
    let after = try decompressor.decompress(packed.span) { _ in }
    #expect(after.consumed == 0 && after.ended)
    try decompressor.finish()
  }

  @Test(arguments: compressions)
  func consecutiveMembersAreDecompressed(algorithm: Compression) throws {
    let first = sample(1000)
    let second = sample(70_000)
    let packed = try compress(first, algorithm) + compress(second, algorithm)
    #expect(
      try Decompressor.decompressWhole(packed, format: algorithm, limit: 71_000)
        == first + second)
  }

  /// The concatenation of two lz4 files is one member, with the magic number between its blocks.
  @Test(arguments: [1, 5, .max])
  func repeatedLZ4MagicIsOneMember(piece: Int) throws {
    let packed = try compress([1, 2, 3], .lz4)
    let cat = lz4Data(packed) + lz4Data(packed)
    let member = try decompressMember(cat, .lz4, piece: piece)
    #expect(member.content == [1, 2, 3, 1, 2, 3])
    #expect(!member.ended)
    #expect(member.consumed == cat.count)
  }

  @Test(arguments: [0, 1, 2, 3]) func lz4MemberMayEndWithTheInput(nuls: Int) throws {
    let data = try lz4Data(compress([1, 2, 3], .lz4)) + [UInt8](repeating: 0, count: nuls)
    #expect(try decompressMember(data, .lz4).content == [1, 2, 3])
    #expect(try Decompressor.decompressWhole(data, format: .lz4, limit: 3) == [1, 2, 3])
  }
}

/// An lz4 member without the NULs at its end.
func lz4Data(_ member: [UInt8]) -> [UInt8] {
  var end = 4
  while end + 4 <= member.count {
    let size = (0..<4).reduce(0) { $0 | Int(member[end + $1]) << (8 * $1) }
    if size == 0 { break }
    end += 4 + size
  }
  return Array(member[..<end])
}
