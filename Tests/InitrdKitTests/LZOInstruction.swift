/// An instruction of LZO1X, written independently of the codec from the kernel's
/// Documentation/staging/lzo.rst.
enum LZOInstruction {
  /// 1 to 238 literals at the start of the block.
  case first([UInt8])
  /// 4 or more literals, after a match without literals.
  case literals([UInt8])
  /// Copies of 2, 3, 3 to 8, 3 or more, and 3 or more bytes, each followed by up to 3 literals.
  case near2(Int, then: [UInt8] = [])
  case near3(Int, then: [UInt8] = [])
  case near(Int, Int, then: [UInt8] = [])
  case middle(Int, Int, then: [UInt8] = [])
  case far(Int, Int, then: [UInt8] = [])

  static let end: [UInt8] = [0x11, 0, 0]

  /// The bytes of the instruction.
  var bytes: [UInt8] {
    switch self {
    case .first(let literals): [UInt8(17 + literals.count)] + literals
    case .literals(let literals): Self.long(0, literals.count - 3, most: 15) + literals
    case .near2(let distance, let literals):
      [UInt8((distance - 1) % 4 * 4 + literals.count), UInt8((distance - 1) / 4)] + literals
    case .near3(let distance, let literals):
      [UInt8((distance - 2049) % 4 * 4 + literals.count), UInt8((distance - 2049) / 4)] + literals
    case .near(let length, let distance, let literals):
      [
        UInt8((length - 1) * 32 + (distance - 1) % 8 * 4 + literals.count),
        UInt8((distance - 1) / 8),
      ] + literals
    case .middle(let length, let distance, let literals):
      Self.long(32, length - 2, most: 31) + Self.word(distance - 1, literals)
    case .far(let length, let distance, let literals):
      Self.long(distance >= 32768 ? 24 : 16, length - 2, most: 7)
        + Self.word((distance - 16384) % 16384, literals)
    }
  }

  /// Executes the instruction.
  func apply(to content: inout [UInt8]) {
    switch self {
    case .first(let literals), .literals(let literals): content += literals
    case .near2(let distance, let literals): Self.copy(2, distance, literals, &content)
    case .near3(let distance, let literals): Self.copy(3, distance, literals, &content)
    case .near(let length, let distance, let literals),
      .middle(let length, let distance, let literals),
      .far(let length, let distance, let literals):
      Self.copy(length, distance, literals, &content)
    }
  }

  private static func copy(
    _ length: Int, _ distance: Int, _ literals: [UInt8], _ content: inout [UInt8]
  ) {
    for _ in 0..<length { content.append(content[content.count - distance]) }
    content += literals
  }

  private static func long(_ code: UInt8, _ length: Int, most: Int) -> [UInt8] {
    if length <= most { return [code + UInt8(length)] }
    let rest = length - most
    let zeros = (rest - 1) / 255
    return [code] + [UInt8](repeating: 0, count: zeros) + [UInt8(rest - 255 * zeros)]
  }

  private static func word(_ distance: Int, _ literals: [UInt8]) -> [UInt8] {
    [UInt8(distance % 64 * 4 + literals.count), UInt8(distance / 64)] + literals
  }
}

/// The block of some instructions, and its content.
func lzoBlock(_ instructions: [LZOInstruction]) -> (data: [UInt8], content: [UInt8]) {
  var content: [UInt8] = []
  for instruction in instructions { instruction.apply(to: &content) }
  return (instructions.flatMap(\.bytes) + LZOInstruction.end, content)
}

/// An lzop file made by hand.
struct LZOFile {
  var version: UInt16 = 0x1040
  var method: UInt8 = 1
  var flags: UInt32 = 0x0300_0001
  var name: [UInt8] = []
  /// Bits that are flipped in the header's checksum.
  var headerFault: UInt32 = 0
  /// Size of the content, size of the data, checksums and data of each block.
  var blocks: [(content: UInt32, size: UInt32, checksums: [UInt32], data: [UInt8])] = []

  init() {}

  /// A file with one block, whose data starts at ``dataOffset``.
  init(_ data: [UInt8], content: [UInt8]) {
    blocks = [(UInt32(content.count), UInt32(data.count), [Self.adler32(content)], data)]
  }

  static let dataOffset: UInt64 = 9 + 25 + 4 + 12

  var bytes: [UInt8] {
    let fields: [UInt8] =
      [UInt8(version >> 8), UInt8(version & 0xff), 0x20, 0xa0, 0x09, 0x40, method, 5]
      + Self.bytes(flags) + Self.bytes(0x81a4) + Self.bytes(0x6b03_aafe) + Self.bytes(0)
      + [UInt8(name.count)] + name
    let magic: [UInt8] = [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a]
    let head = magic + fields + Self.bytes(Self.adler32(fields) ^ headerFault)
    let body = blocks.flatMap { block in
      ([block.content, block.size] + block.checksums).flatMap(Self.bytes) + block.data
    }
    return head + body + Self.bytes(0)
  }

  static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
