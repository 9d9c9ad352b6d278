import Foundation
import InitrdKit
import Testing

/// The output of a tool that reads `input` from its standard input.
private func run(_ tool: String, _ arguments: [String], _ input: [UInt8]) throws -> [UInt8] {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("compression-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  // Files instead of pipes: a pipe would need a thread at each end.
  let inputFile = folder.appendingPathComponent("in")
  let outputFile = folder.appendingPathComponent("out")
  try Data(input).write(to: inputFile)
  try Data().write(to: outputFile)
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/\(tool)")
  process.arguments = arguments.map { $0 == "FILE" ? inputFile.path : $0 }
  process.standardInput = try FileHandle(forReadingFrom: inputFile)
  process.standardOutput = try FileHandle(forWritingTo: outputFile)
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(tool) \(arguments)")
  return try Array(Data(contentsOf: outputFile))
}

extension Compression {
  /// The command for the format.
  fileprivate var tool: String { self == .lzo ? "lzop" : rawValue }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Compares our output with the descriptions of the formats, and with the tools of the formats.
@Suite struct CompressionFormatTests {
  @Test(arguments: compressionCases)
  func toolsReadOurOutput(algorithm: Compression, level: Int, size: Int) throws {
    let content = sample(size)
    let packed = try compress(content, algorithm, level: level)
    // lz4(1) reports the final zero word, which the kernel needs, as a damaged block.
    let input = algorithm == .lz4 ? lz4Data(packed) : packed
    #expect(try run(algorithm.tool, ["-dc"], input) == content)
  }

  @Test(
    arguments: [
      (.gzip, ["-9"]), (.gzip, ["-1"]), (.bzip2, ["-1"]), (.bzip2, ["-9"]),
      (.lzma, ["-1"]), (.lzma, ["-9"]), (.lzma, ["--lzma1=dict=1000000"]), (.xz, ["-0"]),
      (.xz, ["--check=none"]),
      (.xz, ["--check=crc64"]), (.xz, ["--check=sha256"]),
      (.xz, ["--check=crc32", "--x86", "--lzma2=dict=1MiB"]), (.xz, ["-T2", "--block-size=65536"]),
      (.lzo, ["-1"]), (.lzo, ["-5"]), (.lzo, ["-9"]), (.lzo, ["--crc32"]), (.lzo, ["-C"]),
      (.lz4, ["-l"]), (.lz4, ["-l", "-9"]), (.zstd, ["-3"]), (.zstd, ["-19", "--no-check"]),
      (.zstd, ["--long=27"]),
    ] as [(Compression, [String])], [0, 200_000])
  func outputOfToolsIsRead(tool: (Compression, [String]), size: Int) throws {
    let content = sample(size)
    let packed = try run(tool.0.tool, tool.1 + ["-c"], content)
    #expect(try Decompressor.decompressWhole(packed, format: tool.0, limit: size) == content)
  }

  @Test(arguments: [(1, 4), (6, 0), (9, 2)] as [(Int, UInt8)])
  func gzipHeaderHasNoTimeAndNoName(level: Int, extraFlags: UInt8) throws {
    let packed = try compress(sample(1000), .gzip, level: level)
    #expect(packed.prefix(10) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, extraFlags, 3])
    #expect(packed.suffix(4) == [0xe8, 3, 0, 0])
  }

  @Test(arguments: [false, true])
  func xzStreamHasCRC32AndFilters(x86Filter: Bool) throws {
    let program = try Array(Data(contentsOf: URL(fileURLWithPath: "/usr/bin/xz")))
    let packed = try compress(program, .xz, x86Filter: x86Filter)
    // Stream flags: 00 01 is CRC32.
    #expect(packed.prefix(8) == [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 1])
    #expect(packed.count % 4 == 0)
    let filters: [UInt8] = x86Filter ? [1, 0x04, 0, 0x21, 1] : [0, 0x21, 1]
    #expect(Array(packed[13...].prefix(filters.count)) == filters)
    let list = text(try run("xz", ["--robot", "-lvv", "FILE", "--suffix=.any"], packed))
    #expect(list.contains("CRC32"))
    #expect(list.contains("--x86") == x86Filter)
    #expect(try run("xz", ["-dc"], packed) == program)
  }

  // The header byte is 2n - 24 for a dictionary of 2^n bytes, and 2n - 23 for 3 * 2^(n-1) bytes.
  @Test(arguments: [
    (9, 0, 0), (9, 4096, 0), (6, 1 << 20, 16), (9, 1 << 20, 16), (6, 9 << 20, 22),
    (9, 9 << 20, 23), (0, 1 << 20, 12),
  ])
  func xzDictionaryFitsTheContent(level: Int, size: Int, byte: UInt8) throws {
    let packed = try compress(sample(size), .xz, level: level)
    // Empty content has no block.
    if size > 0 { #expect(packed[16] == byte) }
  }

  @Test(arguments: [0, 1, 1000, 8 << 20, (8 << 20) + 1, 9 << 20])
  func lz4FrameEndsWithNULs(size: Int) throws {
    let packed = try compress(sample(size), .lz4)
    let data = lz4Data(packed)
    #expect(packed.prefix(4) == [0x02, 0x21, 0x4c, 0x18])
    #expect(packed.count % 4 == 0)
    #expect(4...7 ~= packed.count - data.count)
    #expect(packed[data.count...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [1, 3, 19, 22], [0, 1, 65537, 1 << 20])
  func zstdFrameHasChecksumSizeAndSmallWindow(level: Int, size: Int) throws {
    let packed = try compress(sample(size), .zstd, level: level)
    #expect(packed.prefix(4) == [0x28, 0xb5, 0x2f, 0xfd])
    let descriptor = packed[4]
    #expect(descriptor & 4 != 0, "a checksum")
    #expect(descriptor & 3 == 0, "no dictionary")
    let isSingleSegment = descriptor & 0x20 != 0
    // The frame has the content's size. The field is 0 if there is no size, or for a single segment.
    #expect(descriptor >> 6 != 0 || isSingleSegment)
    // The window of a single segment is its content.
    if !isSingleSegment {
      let exponent = Int(packed[5] >> 3)
      #expect((1 << (10 + exponent)) * (8 + Int(packed[5] & 7)) / 8 <= max(size, 1024))
    }
  }

  @Test func zstdListsOneFrameWithItsSize() throws {
    let list = text(try run("zstd", ["-lv", "FILE"], try compress(sample(5000), .zstd)))
    #expect(list.contains("Zstandard Frames: 1"))
    #expect(list.contains("(5000 B)"))
    #expect(list.contains("XXH64"))
  }
}
