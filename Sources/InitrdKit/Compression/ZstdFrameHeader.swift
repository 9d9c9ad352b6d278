/// The header of a zstd frame (RFC 8878):
///
///     28 b5 2f fd | descriptor (1) | window (0 or 1) | dictionary's number (0 to 4) | content's size (0 to 8)
struct ZstdFrameHeader: Equatable {
  static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  /// The size of the longest header in bytes.
  static let maxSize = 18

  /// The size of the window in bytes: how much of the decoded content a decoder has to keep.
  let windowSize: UInt64
  /// Whether the window is the whole content.
  let isSingleSegment: Bool
  /// The number of the required dictionary; 0: none.
  let dictionary: UInt64
  /// The size of the content in bytes; `nil` if the header does not contain it.
  let contentSize: UInt64?
  /// Whether a checksum follows the content.
  let hasChecksum: Bool

  /// The header at the start of `member`; `nil` if it is incomplete or has another magic.
  init?(_ member: Span<UInt8>) {
    guard member.count > 4, Self.magic.indices.allSatisfy({ member[$0] == Self.magic[$0] }) else {
      return nil
    }
    let descriptor = member[4]
    isSingleSegment = descriptor & 0x20 != 0
    hasChecksum = descriptor & 4 != 0
    let dictionaryWidth = [0, 1, 2, 4][Int(descriptor & 3)]
    // If the size flag is 0, only a frame with a single segment contains its size, in one byte.
    let sizeWidth = descriptor >> 6 == 0 ? (isSingleSegment ? 1 : 0) : 1 << Int(descriptor >> 6)
    let dictionaryStart = isSingleSegment ? 5 : 6
    let sizeStart = dictionaryStart + dictionaryWidth
    guard let dictionary = member.number(at: dictionaryStart, width: dictionaryWidth),
      let size = member.number(at: sizeStart, width: sizeWidth)
    else { return nil }
    self.dictionary = dictionary
    // For zstd's library, and so for the kernel, the two highest numbers mean an unknown size and an error.
    let isKnown = sizeWidth > 0 && size < UInt64.max - 1
    contentSize = isKnown ? sizeWidth == 2 ? size + 256 : size : nil
    if isSingleSegment {
      windowSize = contentSize ?? 0
    } else {
      let base = UInt64(1) << (10 + UInt64(member[5] >> 3))
      windowSize = base + base / 8 * UInt64(member[5] & 7)
    }
  }
}
