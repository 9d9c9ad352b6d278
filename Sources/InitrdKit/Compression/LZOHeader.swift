/// The header of a file of lzop. The high byte of numbers comes first:
///
///     magic                                                           9 bytes
///     version · library · version needed                              2 2 2
///     method · level · flags · mode · mtime, low and high · n         1 1 4 4 4 4 1
///     name · checksum of everything from the version                  n 4
struct LZOHeader {
  static let magic: [UInt8] = [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The number of bytes from the version to the length of the name.
  static let fieldsSize = 25

  /// The level in the header of a file that starts with `member`; `nil` if the header is incomplete.
  static func level(_ member: Span<UInt8>) -> UInt8? {
    member.number(at: magic.count + 7, width: 1).map { UInt8($0) }
  }

  /// The length of the name in bytes.
  let nameLength: Int
  /// Whether the checksums of the blocks are CRC32; else they are Adler32.
  let isCRC32: Bool

  private let fields: [UInt8]
  private let flags: UInt32

  private enum Flag {
    static let contentAdler32: UInt32 = 0x1
    static let dataAdler32: UInt32 = 0x2
    static let fromPipe: UInt32 = 0x4
    static let toPipe: UInt32 = 0x8
    static let extraField: UInt32 = 0x40
    static let contentCRC32: UInt32 = 0x100
    static let dataCRC32: UInt32 = 0x200
    static let filter: UInt32 = 0x800
    static let headerCRC32: UInt32 = 0x1000
    static let unix: UInt32 = 0x0300_0000
  }

  /// The compressors LZO1X_1, LZO1X_1_15 and LZO1X_999 of lzop, which write the same format.
  private static let methods: ClosedRange<UInt8> = 1...3

  /// The whole header of a file without name and time, with an Adler32 of the content of each block.
  static func bytes(level: Int) -> [UInt8] {
    // Made by lzop 1.03 with library 2.08, readable by lzop 0.94 and later. Input from a pipe has no mode.
    let flags = Flag.unix | Flag.contentAdler32 | Flag.fromPipe | Flag.toPipe
    let fields: [UInt8] =
      [0x10, 0x30, 0x20, 0x80, 0x09, 0x40, methods.upperBound, UInt8(level)]
      + flags.bytes(.big) + [UInt8](repeating: 0, count: 4 + 8 + 1)
    let checksum = fields.withUnsafeBufferPointer { LZOChecksum.adler32($0) }
    return magic + fields + checksum.bytes(.big)
  }

  /// Reads the fields from the version to the name's length.
  ///
  /// - Parameters:
  ///   - input: the bytes of these fields.
  ///   - offset: their offset in the member, for errors.
  /// - Throws: ``InitrdError`` with the code `malformed` for a header that the kernel can't read.
  init(_ input: UnsafeBufferPointer<UInt8>, at offset: UInt64) throws(InitrdError) {
    let fields = Array(input)
    guard let version = fields.span.number(at: 0, width: 2, .big), version >= 0x0940 else {
      throw .malformed(
        "lzop before version 0.94 made this lzo member: the kernel misreads its header",
        at: offset)
    }
    let method = fields[6]
    guard Self.methods ~= method else {
      throw .malformed("broken lzo member: the method \(method) is not LZO1X", at: offset + 6)
    }
    let flags = UInt32(fields.span.number(at: 8, width: 4, .big) ?? 0)
    guard flags & (Flag.extraField | Flag.filter) == 0 else {
      throw .malformed(
        "the lzo member has a filter or an extra field, which the kernel can't read",
        at: offset + 8)
    }
    // The kernel assumes that exactly one word, the checksum, comes before the data.
    let onContent = flags & (Flag.contentAdler32 | Flag.contentCRC32)
    guard onContent.nonzeroBitCount == 1, flags & (Flag.dataAdler32 | Flag.dataCRC32) == 0 else {
      throw .malformed(
        "the blocks of the lzo member have no checksum or several; the kernel expects exactly one",
        at: offset + 8, remedy: "compress it again with lzop, without -F and -CC")
    }
    isCRC32 = onContent == Flag.contentCRC32
    nameLength = Int(fields[24])
    (self.fields, self.flags) = (fields, flags)
  }

  /// Whether the checksum of the header is right.
  ///
  /// - Parameter rest: the name and the checksum.
  /// - Returns: `true` if it is right.
  func isRight(_ rest: UnsafeBufferPointer<UInt8>) -> Bool {
    let checksum = (fields + rest.dropLast(4)).withUnsafeBufferPointer {
      flags & Flag.headerCRC32 == 0 ? LZOChecksum.adler32($0) : LZOChecksum.crc32($0)
    }
    return rest.span.number(at: rest.count - 4, width: 4, .big) == UInt64(checksum)
  }
}
