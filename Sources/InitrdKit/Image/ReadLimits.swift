/// How much of an image is read and held at most.
public struct ReadLimits: Sendable {
  /// Bytes out of all compressed segments at which the reading ends; no kernel takes 4 GiB.
  public var maxUnpacked: UInt64
  /// The most bytes that a decoder's window or dictionary may take.
  public var memory: UInt64

  /// The limits' defaults, 4 GiB and 192 MiB, or others.
  public init(
    maxUnpacked: UInt64 = 1 << 32, memory: UInt64 = Decompressor.defaultMemoryLimit
  ) {
    self.maxUnpacked = maxUnpacked
    self.memory = memory
  }
}
