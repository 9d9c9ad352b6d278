/// Reads a `.lzma` stream as the kernel does: it ignores the first byte of the range coder, and allocates no dictionary
/// that is larger than the content.
///
///     properties (1) | dictionary's size (4) | content's size (8) | first byte of the coder (1) …
struct KernelLZMADecompressor: DecompressorCodec, ~Copyable {
  /// The size of the header and the first byte of the coder.
  private static let headSize = LZMAHeader.size + 1
  private var codec: LibLZMADecompressor
  private var head: [UInt8] = []

  init(_ codec: consuming LibLZMADecompressor) { self.codec = codec }

  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var taken = 0
    if head.count < Self.headSize {
      taken = min(input.count, Self.headSize - head.count)
      head += input[..<taken]
      guard head.count == Self.headSize else { return .init(consumed: taken, ended: false) }
      amendHead()
      let start = offset + UInt64(taken) - UInt64(Self.headSize)
      let progress = try head.withUnsafeBufferPointer { (head) throws(InitrdError) in
        try codec.decompress(head, at: start, to: sink)
      }
      if progress.isStopped { return progress }
      if progress.ended { return .init(consumed: taken, ended: true) }
    }
    let rest = UnsafeBufferPointer(rebasing: input[taken...])
    if rest.isEmpty { return .init(consumed: taken, ended: false) }
    let progress = try codec.decompress(rest, at: offset + UInt64(taken), to: sink)
    if progress.isStopped { return progress }
    return .init(consumed: taken + progress.consumed, ended: progress.ended)
  }

  func finish(at offset: UInt64) throws(InitrdError) { try codec.finish(at: offset) }

  private mutating func amendHead() {
    guard let header = LZMAHeader(head.span) else { return }
    // 4 KiB is the minimum of the library. An unknown size of the content is the largest number.
    let dictionary = UInt32(min(header.dictionarySize, max(4096, header.contentSize)))
    head.replaceSubrange(LZMAHeader.dictionaryRange, with: dictionary.bytes(.little))
    head[LZMAHeader.size] = 0
  }
}
