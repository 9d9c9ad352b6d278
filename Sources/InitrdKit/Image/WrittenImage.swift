/// The result of writing an image.
public struct WrittenImage: Equatable, Sendable {
  /// The place of an archive of the plan in the image.
  public struct Segment: Equatable, Sendable {
    /// Its offset in the image.
    public var offset: UInt64
    /// Its size in bytes, without the padding before and after it.
    public var bytes: UInt64
  }

  /// The size of the image in bytes.
  public var bytes: UInt64
  /// The place of each archive of the plan, in the plan's order.
  public var segments: [Segment]
  /// The SHA-256 of the image.
  public var sha256: SHA256Sum
}
