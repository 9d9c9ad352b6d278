/// The result of writing an image.
public struct WrittenImage: Equatable, Sendable {
  /// The place of an archive of the plan in the image.
  public struct Segment: Equatable, Sendable {
    /// Bytes of the image before it.
    public var offset: UInt64
    /// Its bytes, without the padding before and behind it.
    public var bytes: UInt64
  }

  /// Bytes of the image.
  public var bytes: UInt64
  /// The place of each archive of the plan, in their order.
  public var segments: [Segment]
  /// The SHA-256 of the image.
  public var sha256: SHA256Sum
}
