private import CDeflate

/// Inflates deflate data whose input and output lie in memory whole: libdeflate takes half of zlib's time so.
///
/// It says neither where data is broken nor why, and it takes some that zlib, and so the kernel, does not (codes of
/// symbols that deflate doesn't have): its work is to be checked by the sum, and ``RawInflater`` knows the rest.
enum WholeInflater {
  /// What came of it.
  struct Result {
    /// Bytes of the input that the data takes.
    var consumed: Int
    /// Bytes of the output.
    var count: Int
    /// The CRC32 of the output.
    var checksum: UInt32
  }

  /// Inflates the data at the start of `input` into `output`.
  ///
  /// - Returns: `nil` if the data does not end in the input, does not fit, or is broken.
  static func inflate(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> Result? {
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    defer { libdeflate_free_decompressor(decompressor) }
    var (consumed, count) = (0, 0)
    let code = libdeflate_deflate_decompress_ex(
      decompressor, input.baseAddress, input.count, output.baseAddress, output.count, &consumed,
      &count)
    guard code == LIBDEFLATE_SUCCESS else { return nil }
    return Result(
      consumed: consumed, count: count,
      checksum: gzipChecksum(UnsafeBufferPointer(rebasing: output[..<count])))
  }
}

/// The CRC32 of `bytes` after others, by libdeflate, which is faster than zlib.
func gzipChecksum(_ bytes: UnsafeBufferPointer<UInt8>, after checksum: UInt32 = 0) -> UInt32 {
  // Without an address it would begin anew.
  guard !bytes.isEmpty else { return checksum }
  return libdeflate_crc32(checksum, bytes.baseAddress, bytes.count)
}
