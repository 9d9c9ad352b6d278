import Foundation
import InitrdKit
import TestSupport
import Testing

/// Bytes without repetitions, the same in every run.
private func noise(_ size: Int) -> [UInt8] {
  var state: UInt64 = 88172645463325252
  return (0..<size).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state)
  }
}

private func lzop(_ arguments: [String], _ input: [UInt8]) throws -> CommandResult {
  try run("lzop", arguments, input: Data(input))
}

@Suite struct LZOTests {
  /// Instructions, and the number of bytes of content that they need before them.
  private static let rows: [(before: Int, row: [LZOInstruction])] = {
    var rows: [(Int, [LZOInstruction])] = []
    let tails = [[], [1], [1, 2], [1, 2, 3]] as [[UInt8]]
    for length in 3...8 {
      for (index, distance) in [1, 2, 7, 8, 9, 255, 2047, 2048].enumerated() {
        let tail = tails[(index + length) % 4]
        rows.append((2048, [.near(length, distance, then: tail)]))
      }
    }
    for distance in [1, 3, 1023, 1024] {
      for tail in tails {
        rows.append((2048, [.near(3, 5, then: [9]), .near2(distance, then: tail)]))
      }
    }
    for distance in [2049, 2050, 3071, 3072] {
      for tail in tails {
        rows.append(
          (3072, [.near(3, 5), .literals([4, 5, 6, 7]), .near3(distance, then: tail)]))
      }
    }
    for length in [3, 4, 32, 33, 34, 288, 289, 543, 544, 1000] {
      for (index, distance) in [1, 2, 7, 8, 9, 16383, 16384].enumerated() {
        rows.append((16384, [.middle(length, distance, then: tails[(index + length) % 4])]))
      }
    }
    for length in [3, 8, 9, 10, 264, 265, 519, 520] {
      for (index, distance) in [16385, 32767, 32768, 49151].enumerated() {
        rows.append((49151, [.far(length, distance, then: tails[(index + length) % 4])]))
      }
    }
    for count in [4, 18, 19, 273, 274, 600] {
      rows.append((16, [.near(8, 3), .literals(noise(count)), .near(3, 4)]))
    }
    return rows
  }()

  @Test func everyInstructionIsDecompressed() throws {
    for (before, row) in Self.rows {
      // The long copies make the block shorter than its content, as the kernel requires.
      let block = lzoBlock(
        [.first(noise(200)), .middle(200, 200), .literals(noise(before))] + [.middle(300, 1)] + row)
      let member = LZOFile(block.data, content: block.content).bytes
      #expect(try decompressMember(member, .lzo).content == block.content, "\(row)")
    }
  }

  @Test func lzopAgreesOnEveryInstruction() throws {
    var file = LZOFile()
    var contents: [UInt8] = []
    for (before, row) in Self.rows {
      let block = lzoBlock(
        [.first(noise(200)), .middle(200, 200), .literals(noise(before))] + [.middle(300, 1)] + row)
      file.blocks += LZOFile(block.data, content: block.content).blocks
      contents += block.content
    }
    let result = try lzop(["-dc"], file.bytes)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == contents)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 17, 237, 238])
  func literalsAtTheStartAreDecompressed(count: Int) throws {
    let block = lzoBlock([.first(noise(count)), .middle(400, 1, then: [7])])
    let member = LZOFile(block.data, content: block.content).bytes
    for piece in [1, 5, .max] {
      #expect(try decompressMember(member, .lzo, piece: piece).content == block.content)
    }
    let long = lzoBlock([.literals(noise(count + 3)), .middle(400, 1)])
    let longMember = LZOFile(long.data, content: long.content).bytes
    #expect(try decompressMember(longMember, .lzo).content == long.content)
  }

  /// The content makes the compressor use each instruction with each of its lengths.
  @Test(arguments: 1...9)
  func matchesOfEveryLengthAreCompressed(level: Int) throws {
    var content = noise(300)
    for (index, length) in (2...40).enumerated() {
      for (shift, distance) in [3, 290, 1024, 2048, 2049, 3072].enumerated() {
        guard content.count >= distance else { continue }
        content += noise(index % 23 + shift).map { $0 ^ UInt8(index) }
        for _ in 0..<length { content.append(content[content.count - distance]) }
      }
    }
    let packed = try compress(content, .lzo, level: level)
    #expect(packed.count < content.count)
    #expect(try decompressMember(packed, .lzo).content == content)
    let result = try lzop(["-dc"], packed)
    #expect(result.output == content)
  }

  @Test(arguments: [1, 9], [16384, 16385, 32768, 49151, 49152])
  func distantMatchesAreCompressed(level: Int, distance: Int) throws {
    let match = noise(600)
    let gap = noise(distance).map { $0 ^ 0x55 }.suffix(distance - match.count)
    let content = match + gap + match
    let packed = try compress(content, .lzo, level: level)
    #expect(try decompressMember(packed, .lzo).content == content)
    #expect(try lzop(["-dc"], packed).output == content)
    // The largest distance is 49151. Content without a match is stored.
    #expect((packed.count < content.count) == (distance < 49152))
  }

  @Test(arguments: [1, 6, 9])
  func noiseIsStored(level: Int) throws {
    let content = noise(3000)
    let packed = try compress(content, .lzo, level: level)
    #expect(packed.count == 9 + 25 + 4 + 12 + 3000 + 4)
    #expect(Array(packed[50..<3050]) == content)
    #expect(try lzop(["-dc"], packed).output == content)
  }

  @Test func headerHasNoTimeAndNoName() throws {
    let packed = try compress([], .lzo, level: 7)
    #expect(packed.prefix(9) == [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a])
    #expect(packed[15...16] == [3, 7])
    #expect(packed[17..<21] == [3, 0, 0, 0x0d], "Unix, Adler32 of the content, a pipe")
    #expect(packed[21..<34].allSatisfy { $0 == 0 })
    #expect(packed.count == 42)
  }

  @Test(arguments: [("/usr/bin/xz", 1, "-1"), ("/usr/bin/xz", 9, "-9"), ("/bin/sh", 9, "-9")])
  func outputIsNotLargerThanThatOfLzop(file: String, level: Int, option: String) throws {
    let content = try Array(Data(contentsOf: URL(fileURLWithPath: file)))
    let packed = try compress(content, .lzo, level: level)
    #expect(try packed.count <= lzop([option], content).output.count)
    #expect(try lzop(["-dc"], packed).output == content)
  }

  @Test(
    arguments: (1...9).map { ["-\($0)"] } + [["--crc32"], ["-C"], ["-C", "--crc32"], ["-P"]],
    [1, 70_000])
  func filesOfLzopAreRead(options: [String], size: Int) throws {
    let folder = try TemporaryFolder()
    let content = sample(size)
    let file = try folder.write("a file's name", content)
    for arguments in [options, options + [file]] {
      let packed = try lzop(arguments + ["-c"], content)
      #expect(packed.status == 0, "\(packed.errors)")
      for piece in [1, 4093, .max] where piece != 1 || size == 1 {
        let member = try decompressMember(packed.output, .lzo, piece: piece)
        #expect(member.content == content)
        #expect(member.ended)
      }
    }
  }

  /// Files for which user-mode-linux prints "Compressed data violation".
  @Test(arguments: [(["-F"], "exactly one"), (["-CC"], "exactly one"), (["--filter=1"], "filter")])
  func filesThatTheKernelRefusesAreErrors(options: [String], message: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("file", sample(5000))
    let packed = try lzop(options + ["-c", file], [])
    #expect(packed.status == 0, "\(packed.errors)")
    let error = #expect(throws: InitrdError.self) { try decompressMember(packed.output, .lzo) }
    #expect(error?.code == .malformed)
    #expect(error?.message.contains(message) == true)
    #expect(error?.location?.offset == 17)
  }
}
