/// A segment of an image: an uncompressed archive, or a compressed member, which can contain several archives.
public struct ImageSegment: Equatable, Sendable {
  /// Its offset in the image.
  public var offset: UInt64
  /// Its compression.
  public var compression: Compression
  /// Its size in the image, in bytes.
  public var size: UInt64 = 0
  /// Its uncompressed size in bytes.
  public var uncompressedSize: UInt64 = 0
  /// The number of entries, without trailers.
  public var entries = 0
  /// Whether a checksum or size after the data is wrong, where the kernel ignores it (gzip, lzo).
  public var hasWrongChecksum = false
  /// Whether it is a modern lz4 frame, which no kernel reads.
  public var isLZ4Frame = false
}
