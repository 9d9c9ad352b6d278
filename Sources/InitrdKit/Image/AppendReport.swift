/// The result of appending a segment.
public struct AppendReport: Equatable, Sendable {
  /// The offset of the new segment in the image.
  public var offset: UInt64
  /// The size of the new image in bytes.
  public var bytes: UInt64
  /// The number of entries in the new segment, with the directories that the image lacked.
  public var entries: Int
  /// The uncompressed size of the new segment in bytes.
  public var unpackedBytes: UInt64
}
