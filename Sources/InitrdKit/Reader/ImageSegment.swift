/// One archive of an image, or several in one compressed member.
public struct ImageSegment: Equatable, Sendable {
  /// Where it starts in the image.
  public var offset: UInt64
  /// How it is compressed.
  public var compression: Compression
  /// Bytes in the image.
  public var size: UInt64 = 0
  /// Bytes after decompression.
  public var uncompressedSize: UInt64 = 0
  /// Entries, without the trailer.
  public var entries = 0
  /// Whether a checksum or size behind the data is wrong that the kernel does not look at (gzip's, lzo's).
  public var hasWrongChecksum = false
  /// Whether it is the modern frame of lz4, which no kernel reads.
  public var isLZ4Frame = false
}
