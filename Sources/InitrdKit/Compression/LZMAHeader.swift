/// The header of a `.lzma` stream (lzma-file-format.txt of the xz project):
///
///     properties (1) | dictionary's size (4) | content's size (8)
struct LZMAHeader: Equatable {
  /// Bytes of the header.
  static let size = 13
  /// Where the dictionary's size stands.
  static let dictionaryRange = 1..<5

  /// Bytes of the dictionary.
  let dictionarySize: UInt64
  /// Bytes of the content; all bits are set where the header does not say.
  let contentSize: UInt64

  /// The header at the start of `member`; `nil` where it is cut off.
  init?(_ member: Span<UInt8>) {
    guard let dictionary = member.number(at: 1, width: 4),
      let content = member.number(at: 5, width: 8)
    else { return nil }
    (dictionarySize, contentSize) = (dictionary, content)
  }
}
