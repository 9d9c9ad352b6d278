/// LZO1X, the coding of one block, as the kernel's Documentation/staging/lzo.rst describes it.
///
/// A block is a row of instructions. Each but the first, which may be a run of literals, and the
/// last copies a match, and says in two bits (`SS`) how many literals, 0 to 3, follow it. The `D`
/// and `H` bits are a distance back in the block, low bits first, less what is the least.
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
/// Where `L` is 0, the length goes on in the bytes behind it: each 0 stands for 255, the byte after
/// them for itself. The names are this package's own.
enum LZO1X {
  /// The distances up to which the instructions reach.
  enum Reach {
    static let near2 = 1024
    static let near = 2048
    static let near3 = 3072
    static let middle = 16384
    static let far = 49151
  }

  /// The longest lengths that need no more bytes.
  enum Short {
    static let near = 8
    static let middle = 33
    static let far = 9
    static let literals = 18
    static let firstLiterals = 238
  }

  /// The instruction that ends a block.
  static let end: [UInt8] = [0x11, 0, 0]

  /// How many bytes a block can become at most, however badly it is cut into instructions: no match
  /// takes more bytes than it gives, and a run of 4 literals or more a quarter more.
  static func bound(_ size: Int) -> Int { size + size / 4 + 16 }
}
