/// The headers of an xz stream and of its first block (xz-file-format.txt of the xz project):
///
///     fd 37 7a 58 5a 00 | 00 | check (1) | CRC32 (4)
///     size (1) | flags (1) | compressed size, with flag 40 | size, with flag 80 | filters | NULs | CRC32 (4)
///
/// A filter has a number, the size of its properties, and the properties. Each byte of a number has seven bits of it.
struct XZHeader: Equatable {
  /// One step of the compression of a block.
  struct Filter: Equatable {
    static let lzma2: UInt64 = 0x21

    let id: UInt64
    /// The first byte of the properties; `nil`: none.
    let property: UInt8?

    /// The size of the dictionary in bytes, if this is LZMA2.
    var dictionarySize: UInt64? {
      guard id == Self.lzma2, let property, property < 40 else { return nil }
      return UInt64(2 | property & 1) << (property / 2 + 11)
    }
  }

  /// The checksum of the content: 0 for none, 1 for CRC32, 4 for CRC64, 10 for SHA-256.
  let check: UInt8
  /// The filters of the first block, in the order of compression; empty if there is no block, or if its header is
  /// incomplete.
  let filters: [Filter]

  private static let magic: [UInt8] = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]
  private static let streamHeaderSize = 12

  /// The headers at the start of `member`; `nil` if the header of the stream is incomplete or has another magic.
  init?(_ member: Span<UInt8>) {
    guard member.count >= Self.streamHeaderSize,
      Self.magic.indices.allSatisfy({ member[$0] == Self.magic[$0] })
    else { return nil }
    check = member[7] & 15
    filters = Self.filters(member.extracting(Self.streamHeaderSize...))
  }

  private static func filters(_ block: Span<UInt8>) -> [Filter] {
    // A size of 0 is the start of the index: there is no block. The last 4 bytes of the header are its CRC32.
    guard block.count >= 2, block[0] != 0 else { return [] }
    let fields = block.extracting(first: (Int(block[0]) + 1) * 4 - 4)
    var position = 2
    for flag: UInt8 in [0x40, 0x80] where fields[1] & flag != 0 {
      guard number(fields, &position) != nil else { return [] }
    }
    var filters: [Filter] = []
    for _ in 0...(fields[1] & 3) {
      guard let id = number(fields, &position), let size = number(fields, &position),
        size <= UInt64(fields.count - position)
      else { break }
      filters.append(Filter(id: id, property: size > 0 ? fields[position] : nil))
      position += Int(size)
    }
    return filters
  }

  /// A number with seven bits in each byte, the low ones first. The highest bit is set if more bytes follow.
  private static func number(_ bytes: Span<UInt8>, _ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
