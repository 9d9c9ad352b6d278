import CLZMA

// liblzma has these as macros with casts, which Swift does not import.
private let endOfFilters = UInt64.max  // LZMA_VLI_UNKNOWN
private let filterX86: UInt64 = 0x04
private let filterLZMA2: UInt64 = 0x21

extension LibLZMACompressor {
  /// Writes one xz stream of one block, with a CRC32 check.
  static func xz(
    level: Int, contentSize: UInt64, x86: Bool
  ) throws(InitrdError) -> LibLZMACompressor {
    var options = lzma_options_lzma.preset(level, contentSize: contentSize)
    return try LibLZMACompressor(.xz) { stream in
      withUnsafeMutablePointer(to: &options) { options in
        let lzma2 = lzma_filter(id: filterLZMA2, options: options)
        let end = lzma_filter(id: endOfFilters, options: nil)
        let filters = x86 ? [lzma_filter(id: filterX86, options: nil), lzma2, end] : [lzma2, end]
        // One thread: the threaded encoder divides the content into blocks, which changes the output.
        return lzma_stream_encoder(stream, filters, LZMA_CHECK_CRC32)
      }
    }
  }
}

extension LibLZMADecompressor {
  /// Reads one xz stream with any check and filters. The kernel accepts fewer of them.
  static func xz(memoryLimit: UInt64) throws(InitrdError) -> LibLZMADecompressor {
    // No LZMA_CONCATENATED: bytes after the stream are not part of the member.
    try LibLZMADecompressor(.xz, memoryLimit: memoryLimit) { lzma_stream_decoder($0, $1, 0) }
  }
}
