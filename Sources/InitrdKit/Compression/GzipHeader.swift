/// The fixed part of a gzip member's header (RFC 1952). The whole member:
///
///     1f 8b | method (1) | flags (1) | time (4) | effort (1) | system (1)
///     optional fields, one for each flag | deflate data | CRC32 (4) | size (4)
struct GzipHeader: Equatable {
  /// The optional fields after the fixed part.
  struct Flags: OptionSet {
    let rawValue: UInt8

    static let headerChecksum = Self(rawValue: 2)
    static let extraField = Self(rawValue: 4)
    static let name = Self(rawValue: 8)
    static let comment = Self(rawValue: 16)
  }

  /// The last fields of the member, after the data.
  struct Trailer: Equatable {
    static let size = 8

    /// The CRC32 of the content.
    let checksum: UInt32
    /// The size of the content in bytes, modulo 2^32.
    let contentSize: UInt32

    /// The trailer at the start of `bytes`; `nil` if they are too few.
    init?(_ bytes: Span<UInt8>) {
      guard let checksum = bytes.number(at: 0, width: 4),
        let contentSize = bytes.number(at: 4, width: 4)
      else { return nil }
      self.checksum = UInt32(checksum)
      self.contentSize = UInt32(contentSize)
    }
  }

  /// The size of the fixed part in bytes.
  static let size = 10

  /// Whether the magic is 1f 8b. The kernel detects the old magic 1f 9e as gzip, too, and then refuses the member.
  let hasUsualMagic: Bool
  /// Whether the method is deflate, the only one that exists.
  let isDeflate: Bool
  let flags: Flags
  /// The time in seconds since 1970; 0: none.
  let modified: UInt32
  /// 2 for the best compression, 4 for the fastest.
  let effort: UInt8

  /// The header at the start of `member`; `nil` if it is incomplete or has another magic.
  init?(_ member: Span<UInt8>) {
    guard member.count >= Self.size, member[0] == 0x1F, member[1] == 0x8B || member[1] == 0x9E,
      let modified = member.number(at: 4, width: 4)
    else { return nil }
    hasUsualMagic = member[1] == 0x8B
    isDeflate = member[2] == 8
    flags = Flags(rawValue: member[3])
    self.modified = UInt32(modified)
    effort = member[8]
  }
}
