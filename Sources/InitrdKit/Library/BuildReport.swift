public import SystemPackage

/// The result of a build.
public struct BuildReport: Sendable {
  /// The plan of the image.
  public var plan: Plan
  /// The file of the image; `nil` when it was written to a descriptor.
  public var path: FilePath?
  /// The image's size, and its comparison with the baseline.
  public var size: SizeReport
  /// The place of each archive of the plan in the image.
  public var segments: [WrittenImage.Segment]
  /// The SHA-256 of the image.
  public var sha256: SHA256Sum
  /// The time for planning and writing.
  public var duration: Duration

  /// The size of the uncompressed archives, divided by the size of the image.
  public var ratio: Double { Double(plan.archiveSize) / Double(max(1, size.bytes)) }
}
