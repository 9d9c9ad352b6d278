/// The limits for reading an image.
public struct ReadLimits: Sendable {
  /// The limit for the uncompressed bytes of all compressed segments. No kernel accepts 4 GiB.
  public var maxUncompressed: UInt64
  /// The limit, in bytes, for the memory of a decoder's window or dictionary, and of the list of entries.
  public var memory: UInt64
  /// Ends the reading when its result is no longer wanted.
  var cancellation: Cancellation?

  /// The default limits, 4 GiB and 192 MiB, or others.
  public init(
    maxUncompressed: UInt64 = 1 << 32, memory: UInt64 = 192 << 20
  ) {
    self.maxUncompressed = maxUncompressed
    self.memory = memory
  }
}

/// An estimate of the memory for an image's entries, so that an image with too many entries ends in an error.
struct HeldMemory: Sendable {
  private let limit: UInt64
  private var held: UInt64 = 0

  init(_ limits: ReadLimits) { limit = limits.memory }

  /// Adds `bytes` to the estimate.
  ///
  /// - Throws: `limit` when the estimate is above the limit.
  mutating func hold(_ bytes: Int) throws(InitrdError) {
    held += UInt64(bytes)
    guard held <= limit else {
      throw InitrdError(
        .limit, "the entries need more than \(limit) bytes of memory: reading stops here",
        remedy: "allow more memory than \(limit >> 20) MiB, if the image is meant to be that large")
    }
  }
}
