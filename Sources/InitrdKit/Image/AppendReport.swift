/// The result of appending a segment.
public struct AppendReport: Equatable, Sendable {
  /// Where the new segment starts.
  public var offset: UInt64
  /// Bytes of the image now.
  public var bytes: UInt64
  /// Entries of the new segment, with the directories that the image did not have.
  public var entries: Int
  /// Bytes of the new segment before compression.
  public var unpackedBytes: UInt64
}
