import InitrdKit
import Testing

/// The error of a member.
private func fault(_ file: LZOFile, piece: Int = .max) -> InitrdError? {
  #expect(throws: InitrdError.self) { try decompressMember(file.bytes, .lzo, piece: piece) }
}

@Suite struct LZOHostileTests {
  private static let letters = Array("abcdefgh".utf8)

  /// Damaged blocks of 600 bytes: the valid start, the invalid rest, and the error.
  private static let blocks: [(good: [LZOInstruction], bad: [UInt8], message: String)] = {
    let zeros = [UInt8](repeating: 0, count: 500)
    let first = LZOInstruction.first(letters)
    let run = LZOInstruction.middle(592, 8)
    return [
      // Distances of one byte and many bytes before the start.
      ([first], LZOInstruction.near(3, 9).bytes, "before the block"),
      ([first], LZOInstruction.near(8, 2048).bytes, "before the block"),
      ([first], LZOInstruction.middle(3, 9).bytes, "before the block"),
      ([first], LZOInstruction.middle(300, 16384).bytes, "before the block"),
      ([first], LZOInstruction.far(3, 16385).bytes, "before the block"),
      ([first], LZOInstruction.far(3, 49151).bytes, "before the block"),
      ([.first([1])], LZOInstruction.near2(2).bytes, "before the block"),
      ([first], LZOInstruction.near3(2049).bytes, "before the block"),
      // A match before any literal, and the start of LZO-RLE.
      ([], [0x10, 1, 4, 0], "before the block"),
      ([], [0x11, 4, 0, 0], "before the block"),
      // More than 600 bytes.
      ([first], LZOInstruction.middle(593, 8).bytes, "is longer than"),
      ([first, run], LZOInstruction.near(3, 1).bytes, "is longer than"),
      ([first, run], LZOInstruction.literals(letters).bytes, "is longer than"),
      ([first], LZOInstruction.middle(591, 8, then: [1, 2]).bytes, "is longer than"),
      ([first], [0x20] + zeros + [1, 0, 0], "is longer than"),
      // Lengths without an end.
      ([first], [0x20] + zeros, "inside an instruction"),
      ([], [0x10] + zeros, "inside an instruction"),
      ([], zeros, "inside an instruction"),
      // Literals beyond the end of the data.
      ([], [238] + letters, "inside an instruction"),
      ([first, .near(3, 1)], [0, 255], "inside an instruction"),
      ([first, .near(3, 1)], [0, 0, 255], "inside an instruction"),
      ([first], [0x43, 0, 1], "inside an instruction"),
      // The end too early, in another form, with bytes after it, or missing.
      ([], [], "is shorter than"),
      ([first], [], "is shorter than"),
      ([first, .middle(591, 8)], [], "is shorter than"),
      ([first, run], [0x12, 0, 0], "before the block"),
      ([first, run], [0x10, 1, 0, 0], "before the block"),
      ([first, run], LZOInstruction.end, "bytes follow"),
      ([first, run], [], "inside an instruction"),
    ]
  }()

  @Test(arguments: blocks)
  func brokenBlockIsAnError(good: [LZOInstruction], bad: [UInt8], message: String) {
    let start = good.flatMap(\.bytes)
    let isCut = message == "inside an instruction"
    let data = start + bad + (isCut ? [] : LZOInstruction.end)
    for piece in [1, .max] {
      let error = fault(LZOFile(data, content: [UInt8](repeating: 0, count: 600)), piece: piece)
      #expect(error?.code == .malformed)
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
      #expect(error?.location?.offset == LZOFile.dataOffset + UInt64(start.count))
    }
  }

  /// A block truncated at any byte, with the size of the rest in its header.
  @Test func truncatedBlockIsAnError() {
    let block = lzoBlock([
      .first(Self.letters), .near(3, 2, then: [1]), .near2(3), .literals(Self.letters),
      .middle(300, 4, then: [1, 2, 3]), .near(8, 5), .literals([UInt8](repeating: 7, count: 20)),
      .middle(40, 3),
    ])
    for count in 1..<block.data.count {
      let error = fault(LZOFile(Array(block.data[..<count]), content: block.content))
      #expect(error?.message.contains("broken lzo block") == true, "\(count)")
    }
  }

  /// Pseudorandom bytes: nothing traps, and nothing is written outside of the block.
  @Test func randomBlocksAreErrors() throws {
    var state: UInt32 = 1
    func random(_ limit: UInt32) -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int((state >> 8) % limit)
    }
    for _ in 0..<3000 {
      let data = (0..<1 + random(60)).map { index -> UInt8 in
        index == 0 ? UInt8(18 + random(8)) : UInt8(random(random(3) == 0 ? 256 : 40))
      }
      let content = [UInt8](repeating: 0, count: data.count + 1 + random(300))
      #expect(throws: InitrdError.self) {
        try decompressMember(LZOFile(data, content: content).bytes, .lzo)
      }
    }
  }

  @Test(
    arguments: [
      (262_145, 100, "kernel refuses more than 262144", 38),
      (0xffff_ffff, 100, "kernel refuses more than 262144", 38),
      (100, 101, "101 bytes of data", 42), (100, 0, "0 bytes of data", 42),
      (100, 0xffff_ffff, "4294967295 bytes of data", 42),
    ] as [(UInt32, UInt32, String, UInt64)])
  func falseSizesAreErrors(content: UInt32, size: UInt32, message: String, offset: UInt64) {
    var file = LZOFile()
    file.blocks = [(content, size, [0], [1, 2, 3])]
    for piece in [1, 3, .max] {
      let error = fault(file, piece: piece)
      #expect(error?.message.contains(message) == true)
      #expect(error?.location?.offset == offset)
    }
  }

  @Test func largestBlockIsDecompressed() throws {
    let block = lzoBlock([.first([5]), .middle(262_143, 1)])
    let member = LZOFile(block.data, content: block.content).bytes
    #expect(try decompressMember(member, .lzo).content == block.content)
  }

  @Test func wrongChecksumsAreErrors() {
    var file = LZOFile([1, 2, 3], content: [1, 2, 3])
    file.name = Array("name".utf8)
    file.headerFault = 1
    var error = fault(file)
    #expect(error?.message.contains("checksum of its header") == true)
    #expect(error?.location?.offset == 9 + 25 + 4)
    file.headerFault = 0
    file.blocks[0].checksums[0] ^= 0x100
    error = fault(file)
    #expect(error?.message.contains("checksum of a block") == true)
    #expect(error?.location?.offset == LZOFile.dataOffset + 4)
  }

  @Test(
    arguments: [
      (0x0800, 1, 1, "before version 0.94"), (0x1040, 0, 1, "method 0"),
      (0x1040, 4, 1, "method 4"), (0x1040, 128, 1, "method 128"), (0x1040, 1, 0, "exactly one"),
      (0x1040, 1, 2, "exactly one"), (0x1040, 1, 3, "exactly one"),
      (0x1040, 1, 0x101, "exactly one"), (0x1040, 1, 0x201, "exactly one"),
      (0x1040, 1, 0x41, "extra field"), (0x1040, 1, 0x801, "filter"),
    ] as [(UInt16, UInt8, UInt32, String)])
  func unsupportedHeadersAreRefused(version: UInt16, method: UInt8, flags: UInt32, message: String)
  {
    var file = LZOFile([1, 2, 3], content: [1, 2, 3])
    (file.version, file.method, file.flags) = (version, method, flags)
    let error = fault(file)
    #expect(error?.code == .malformed)
    #expect(error?.message.contains(message) == true)
  }

  @Test func decompressorNeedsMemoryForItsBlocks() {
    let error = #expect(throws: InitrdError.self) {
      _ = try Decompressor(.lzo, memoryLimit: 512 << 10 - 1)
    }
    #expect(error?.code == .limit)
  }
}
