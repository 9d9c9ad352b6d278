/// The result of appending segments.
public struct AppendReport: Equatable, Sendable {
  /// A new segment.
  public struct Segment: Equatable, Sendable {
    /// The offset in the image.
    public var offset: UInt64
    /// The size in the image, in bytes.
    public var bytes: UInt64
    /// The number of entries, with the directories that the image lacked.
    public var entries: Int
    /// The uncompressed size in bytes.
    public var unpackedBytes: UInt64
  }

  /// The new segments, one for each manifest.
  public var segments: [Segment] = []
  /// The size of the new image in bytes.
  public var bytes: UInt64
  /// Notes and warnings, such as optional items that were not found.
  public var notes: [Diagnostic] = []

  /// The offset of the first new segment in the image.
  public var offset: UInt64 { segments.first?.offset ?? bytes }
  /// The number of entries in all new segments.
  public var entries: Int { segments.reduce(0) { $0 + $1.entries } }
  /// The uncompressed size of all new segments in bytes.
  public var unpackedBytes: UInt64 { segments.reduce(0) { $0 + $1.unpackedBytes } }
}
