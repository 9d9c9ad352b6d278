/// LZO1X, the format of one compressed block (the kernel's Documentation/staging/lzo.rst).
///
/// A block is a sequence of instructions. The first may be a run of literals, the last is the end. Each of the others
/// copies a match; its two bits `SS` are the number of literals, 0 to 3, that follow the match. The bits `D` and `H` are
/// the distance back in the block minus the smallest distance of the instruction, low bits first.
///
///     first byte 18…255            literals: byte − 17
///     0000LLLL                     literals: 4…18, or more (after a match without literals)
///     0000DDSS HHHHHHHH            near2:  2 bytes, distance 1…1024 (after 1 to 3 literals)
///     0000DDSS HHHHHHHH            near3:  3 bytes, distance 2049…3072 (after 4 literals or more)
///     LLLDDDSS HHHHHHHH            near: 3…8 bytes, distance 1…2048 (LLL is the length − 1)
///     001LLLLL DDDDDDSS DDDDDDDD   middle: 3…33 bytes or more, distance 1…16384
///     0001HLLL DDDDDDSS DDDDDDDD   far:    3…9 bytes or more, distance 16385…49151
///     00010001 00000000 00000000   the end: a far match of the distance 16384
///
/// If `L` is 0, the length continues in the next bytes: each 0 adds 255, and the first other byte adds its value. The
/// names of the instructions are those of this package.
enum LZO1X {
  /// The maximum distance of each instruction.
  enum Reach {
    static let near2 = 1024
    static let near = 2048
    static let near3 = 3072
    static let middle = 16384
    static let far = 49151
  }

  /// The maximum lengths that need no additional bytes.
  enum Short {
    static let near = 8
    static let middle = 33
    static let far = 9
    static let literals = 18
    static let firstLiterals = 238
  }

  /// The instruction that ends a block.
  static let end: [UInt8] = [0x11, 0, 0]

  /// The maximum size of a compressed block of `size` bytes, for any choice of instructions: no match needs more bytes
  /// than its length, and a run of 4 literals or more needs at most a quarter more.
  static func bound(_ size: Int) -> Int { size + size / 4 + 16 }
}
