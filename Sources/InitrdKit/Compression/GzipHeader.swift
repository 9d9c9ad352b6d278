/// The fixed part of a gzip member's header (RFC 1952), and what stands behind the data:
///
///     1f 8b | method (1) | flags (1) | time (4) | effort (1) | system (1)
///     optional fields, one for each flag | deflate data | CRC32 (4) | size (4)
struct GzipHeader: Equatable {
  /// The fields that follow the fixed part.
  struct Flags: OptionSet {
    let rawValue: UInt8

    static let headerChecksum = Self(rawValue: 2)
    static let extraField = Self(rawValue: 4)
    static let name = Self(rawValue: 8)
    static let comment = Self(rawValue: 16)
  }

  /// What stands behind the data.
  struct Trailer: Equatable {
    static let size = 8

    /// The CRC32 of the content.
    let checksum: UInt32
    /// Bytes of the content, modulo 2^32.
    let contentSize: UInt32

    /// The trailer at the start of `bytes`; `nil` where they are too few.
    init?(_ bytes: Span<UInt8>) {
      guard let checksum = bytes.number(at: 0, width: 4),
        let contentSize = bytes.number(at: 4, width: 4)
      else { return nil }
      self.checksum = UInt32(checksum)
      self.contentSize = UInt32(contentSize)
    }
  }

  /// Bytes of the fixed part.
  static let size = 10

  /// Whether the magic is 1f 8b, and not the older 1f 9e, which the kernel takes for gzip and then refuses.
  let hasUsualMagic: Bool
  /// Whether the data is deflate data, the only method that exists.
  let isDeflate: Bool
  let flags: Flags
  /// Seconds since 1970; 0 for none.
  let modified: UInt32
  /// 2 for the best compression, 4 for the fastest.
  let effort: UInt8

  /// The header at the start of `member`; `nil` where it is cut off or has no magic of gzip.
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
