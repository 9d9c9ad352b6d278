import InitrdKit
import Testing

@Suite struct CompressionTests {
  @Test(
    arguments: [
      ([0x1f, 0x8b, 8], .gzip), ([0x1f, 0x9e], .gzip), ([0x42, 0x5a, 0x68], .bzip2),
      ([0x5d, 0, 0], .lzma), ([0xfd, 0x37, 0x7a], .xz), ([0x89, 0x4c, 0x5a], .lzo),
      ([0x02, 0x21, 0x4c, 0x18], .lz4), ([0x28, 0xb5, 0x2f, 0xfd], .zstd),
      // The kernel compares two bytes only.
      ([0x28, 0xb5, 0, 0], .zstd),
      ([0x04, 0x22, 0x4d, 0x18], nil), ([0x30, 0x37], nil), ([0x1f], nil), ([], nil),
    ] as [([UInt8], Compression?)])
  func formatIsDetectedByItsMagic(bytes: [UInt8], expected: Compression?) {
    #expect(Compression.detect(bytes) == expected)
    #expect(Compression.detect(bytes.span) == expected)
  }

  @Test(arguments: Compression.allCases)
  func levelsOutOfRangeAreErrors(algorithm: Compression) throws {
    for level in [algorithm.levels.map { $0.lowerBound - 1 } ?? -1, 23, .min, .max] {
      let error = #expect(throws: InitrdError.self) {
        _ = try compress([1], algorithm, level: level)
      }
      #expect(error?.code == .limit)
      #expect(error?.remedy != nil)
    }
  }

  @Test func x86FilterNeedsXZ() {
    let error = #expect(throws: InitrdError.self) { try compress([1], .zstd, x86Filter: true) }
    #expect(error?.code == .conflict)
  }

  @Test(arguments: Compression.allCases)
  func contentMustHaveTheAnnouncedSize(algorithm: Compression) {
    for size in [2, 4] as [UInt64] {
      let error = #expect(throws: InitrdError.self) {
        let content: [UInt8] = [1, 2, 3]
        var compressor = try Compressor(algorithm, contentSize: size)
        try compressor.write(content.span) { _ in }
        try compressor.finish { _ in }
      }
      #expect(error?.code == .changed)
    }
  }

  @Test(arguments: Compression.allCases)
  func errorOfTheSinkIsPassedOn(algorithm: Compression) {
    let full = InitrdError(.system, "no space left on device")
    #expect(throws: full) {
      let content: [UInt8] = [1, 2, 3]
      var compressor = try Compressor(algorithm, contentSize: 3)
      try compressor.write(content.span) { _ throws(InitrdError) in throw full }
      try compressor.finish { _ throws(InitrdError) in throw full }
    }
    #expect(
      throws: algorithm == .uncompressed
        ? InitrdError(.limit, "plain bytes need no decompressor") : full
    ) {
      let bytes = try compress([1, 2, 3], algorithm)
      var decompressor = try Decompressor(algorithm)
      _ = try decompressor.decompress(bytes.span) { _ throws(InitrdError) in throw full }
    }
  }
}
