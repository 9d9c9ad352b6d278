/// The header of a `.lzma` stream (lzma-file-format.txt of the xz project):
///
///     properties (1) | dictionary's size (4) | content's size (8)
struct LZMAHeader: Equatable {
  /// The size of the header in bytes.
  static let size = 13
  /// The offsets of the bytes with the dictionary's size.
  static let dictionaryRange = 1..<5

  /// The size of the dictionary in bytes.
  let dictionarySize: UInt64
  /// The size of the content in bytes; all bits are set if the header does not contain it.
  let contentSize: UInt64

  /// The header at the start of `member`; `nil` if it is incomplete.
  init?(_ member: Span<UInt8>) {
    guard let dictionary = member.number(at: 1, width: 4),
      let content = member.number(at: 5, width: 8)
    else { return nil }
    (dictionarySize, contentSize) = (dictionary, content)
  }
}
