private import CDeflate

/// Inflates deflate data with its whole input and output in memory. For that, libdeflate needs half of zlib's time.
///
/// libdeflate does not tell where or why data is broken. It also accepts symbols that deflate doesn't define, which zlib
/// and the kernel refuse. So the caller has to compare the checksum, and to use ``RawInflater`` if it is wrong.
enum WholeInflater {
  /// The result of inflating.
  struct Result {
    /// The size of the compressed data in bytes.
    var consumed: Int
    /// The size of the output in bytes.
    var count: Int
    /// The CRC32 of the output.
    var checksum: UInt32
  }

  /// Inflates the data at the start of `input` into `output`.
  ///
  /// - Returns: `nil` if the data does not end in the input, its content does not fit in the output, or it is broken.
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

/// The CRC32 of `bytes` that follow bytes with the CRC32 `checksum`. libdeflate is faster than zlib.
func gzipChecksum(_ bytes: UnsafeBufferPointer<UInt8>, after checksum: UInt32 = 0) -> UInt32 {
  // Without an address, libdeflate would return the initial value.
  guard !bytes.isEmpty else { return checksum }
  return libdeflate_crc32(checksum, bytes.baseAddress, bytes.count)
}
