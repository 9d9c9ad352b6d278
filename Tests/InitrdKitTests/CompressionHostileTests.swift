import InitrdKit
import Testing

/// The CRC after the headers of xz.
private func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var crc = UInt32.max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xedb8_8320 }
  }
  return ~crc
}

private func whole(_ bytes: [UInt8], _ format: Compression, limit: Int = 1 << 20) throws -> [UInt8]
{
  try Decompressor.decompressWhole(bytes, format: format, limit: limit)
}

/// A zstd frame with one byte of content and a window of 2^windowLog bytes.
private func zstdFrame(windowLog: UInt8) -> [UInt8] {
  [0x28, 0xb5, 0x2f, 0xfd, 0x00, (windowLog - 10) << 3, 0x09, 0, 0, 0x61]
}

@Suite struct CompressionHostileTests {
  @Test(arguments: compressions)
  func truncationIsAnError(format: Compression) throws {
    let packed = try compress(sample(300), format)
    // lz4 data may end after the magic number and after a block.
    let end = format == .lz4 ? lz4Data(packed).count : packed.count
    for count in 0..<end where format != .lz4 || count != 4 {
      let prefix = Array(packed[..<count])
      for piece in [1, 3, .max] {
        let error = #expect(throws: InitrdError.self, "\(count) bytes") {
          try decompressMember(prefix, format, piece: piece)
        }
        #expect(error?.code == .malformed)
        #expect(error?.message.hasPrefix("truncated") == true)
        #expect(error?.location?.offset == UInt64(count))
      }
      #expect(throws: InitrdError.self) { try whole(prefix, format) }
    }
  }

  @Test(arguments: compressions)
  func changedBytesAreDetected(format: Compression) throws {
    let content = sample(300)
    let packed = try compress(content, format)
    let unchecked: [Compression] = [.lz4, .lzma]
    for index in packed.indices {
      for mask in [0x01, 0x10, 0x80, 0xff] as [UInt8] {
        var broken = packed
        broken[index] ^= mask
        // lz4 and lzma have no checksum: there the test only shows that nothing traps.
        let result = try? whole(broken, format)
        #expect(
          unchecked.contains(format) || result == nil || result == content,
          "byte \(index) ^ \(mask)")
      }
    }
  }

  @Test(arguments: compressions)
  func noiseIsAnError(format: Compression) throws {
    let magic = try compress([], format).prefix(4)
    for size in 0..<200 {
      _ = try? whole(Array(magic) + sample(size * 7).suffix(size), format)
      #expect(throws: InitrdError.self) { try whole(Array(sample(size + 9).suffix(size)), format) }
    }
  }

  @Test(arguments: compressions)
  func outputIsLimited(format: Compression) throws {
    let packed = try compress([UInt8](repeating: 0, count: 5 << 20), format)
    let error = #expect(throws: InitrdError.self) { try whole(packed, format, limit: 5 << 20 - 1) }
    #expect(error?.code == .limit)
    #expect(try whole(packed, format, limit: 5 << 20).count == 5 << 20)
  }

  @Test(arguments: compressions)
  func trailingBytesAreAnError(format: Compression) throws {
    let packed = try compress([1, 2, 3], format)
    let error = #expect(throws: InitrdError.self) { try whole(packed + [7, 7, 7, 7, 7], format) }
    #expect(error?.code == .malformed)
    #expect(error?.location?.offset == UInt64(packed.count))
    let zeros = [UInt8](repeating: 0, count: 8)
    if format == .zstd {
      #expect(throws: InitrdError.self) { try whole(packed + zeros, format) }
    } else {
      #expect(try whole(packed + zeros, format) == [1, 2, 3])
    }
  }

  @Test func offsetsCountFromTheStartOfTheFile() throws {
    let packed = try compress([1, 2, 3], .gzip)
    let error = #expect(throws: InitrdError.self) { try whole(packed + packed.dropLast(), .gzip) }
    #expect(error?.location?.offset == UInt64(2 * packed.count - 1))
  }

  @Test func largeZstdWindowIsRefused() throws {
    #expect(try whole(zstdFrame(windowLog: 27), .zstd) == [0x61])
    for log in [28, 31, 41] as [UInt8] {
      let error = #expect(throws: InitrdError.self) {
        try whole(zstdFrame(windowLog: log), .zstd)
      }
      #expect(error?.code == .limit)
    }
    let error = #expect(throws: InitrdError.self) {
      try Decompressor.decompressWhole(
        zstdFrame(windowLog: 21), format: .zstd, limit: 9, memoryLimit: 1 << 20)
    }
    #expect(error?.code == .limit)
  }

  /// The zstd library notices this only if it gets the whole frame at once. Found by fuzzing.
  @Test(arguments: [1, 7, .max])
  func wrongZstdContentSizeIsAnError(piece: Int) throws {
    // A block of one byte and an empty last block, with the stated content size.
    func frame(size: UInt8) -> [UInt8] {
      [0x28, 0xb5, 0x2f, 0xfd, 0x20, size, 8, 0, 0, 0x61, 1, 0, 0]
    }
    #expect(try decompressMember(frame(size: 1), .zstd, piece: piece).content == [0x61])
    let error = #expect(throws: InitrdError.self) {
      try decompressMember(frame(size: 5), .zstd, piece: piece)
    }
    #expect(error?.code == .malformed)
  }

  @Test func largeXZDictionaryIsRefused() throws {
    var packed = try compress(sample(300), .xz)
    #expect(packed[16] == 0)
    // 34 is 512 MiB. The block header has 12 bytes, and its last four are a CRC32.
    packed[16] = 34
    let sum = crc32(packed[12..<20])
    for index in 0..<4 { packed[20 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
    let error = #expect(throws: InitrdError.self) { try whole(packed, .xz) }
    #expect(error?.code == .limit)
    #expect(error?.message.contains("over the limit of 201326592") == true)
    #expect(
      try Decompressor.decompressWhole(packed, format: .xz, limit: 300, memoryLimit: 1 << 30)
        == sample(300))
  }

  @Test func lz4NeedsMemoryForItsBlocks() {
    let error = #expect(throws: InitrdError.self) {
      _ = try Decompressor(.lz4, memoryLimit: 1 << 20)
    }
    #expect(error?.code == .limit)
  }

  @Test func impossibleLZ4BlockSizesAreErrors() throws {
    let magic: [UInt8] = [0x02, 0x21, 0x4c, 0x18]
    for size in [[0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80], [0x91, 0x80, 0x80, 0]] as [[UInt8]] {
      let error = #expect(throws: InitrdError.self) { try whole(magic + size, .lz4) }
      #expect(error?.location?.offset == 4)
      #expect(error?.remedy?.contains("4 NULs") == true)
    }
    // Without the NULs, the first bytes of the next segment are read as a block size.
    let next = try lz4Data(compress([1], .lz4)) + compress([1], .gzip)
    #expect(throws: InitrdError.self) { try decompressMember(next, .lz4) }
    // A block that decompresses to more than 8 MiB.
    let bomb: [UInt8] = [0x1f, 0, 1, 0] + [UInt8](repeating: 255, count: 40_000) + [0]
    let count = UInt32(bomb.count)
    let size = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    #expect(throws: InitrdError.self) { try whole(magic + size + bomb, .lz4, limit: 1 << 30) }
  }

  @Test(arguments: [0x50, 0x5f] as [UInt8])
  func skippableZstdFrameIsRefused(first: UInt8) throws {
    let skippable: [UInt8] = [first, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0x61]
    let error = #expect(throws: InitrdError.self) { try whole(skippable, .zstd) }
    #expect(error?.message.contains("skippable") == true)
    let packed = try compress([1], .zstd)
    #expect(throws: InitrdError.self) { try whole(packed + skippable, .zstd) }
  }

  @Test func wrongZstdMagicInPiecesIsAnError() {
    let error = #expect(throws: InitrdError.self) {
      try decompressMember([0x28, 0xb5, 0x2f, 0xfc, 0, 0, 0, 0], .zstd, piece: 1)
    }
    #expect(error?.location?.offset == 3)
  }

  @Test func uncompressedHasNoDecoder() {
    #expect(throws: InitrdError.self) { try whole([1], .uncompressed) }
  }
}
