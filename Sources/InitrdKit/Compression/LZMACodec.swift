import CLZMA

extension LibLZMACompressor {
  /// Writes one `.lzma` stream without its size, with an end mark.
  ///
  /// The kernel detects the format by its first bytes, `5d 00`: 5d means lc=3 lp=0 pb=2, as in every preset, and 00 is
  /// the low byte of the dictionary's size, which the library rounds up to 2^n or 2^n + 2^(n-1).
  static func lzma(level: Int, contentSize: UInt64) throws(InitrdError) -> LibLZMACompressor {
    var options = lzma_options_lzma.preset(level, contentSize: contentSize)
    return try LibLZMACompressor(.lzma) { lzma_alone_encoder($0, &options) }
  }
}

extension LibLZMADecompressor {
  /// Reads one `.lzma` stream.
  static func lzma(memoryLimit: UInt64) throws(InitrdError) -> LibLZMADecompressor {
    try LibLZMADecompressor(.lzma, memoryLimit: memoryLimit) { lzma_alone_decoder($0, $1) }
  }
}
