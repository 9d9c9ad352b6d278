/// How much of an image is read and held at most.
public struct ReadLimits: Sendable {
  /// Bytes out of all compressed segments at which the reading ends; no kernel takes 4 GiB.
  public var maxUncompressed: UInt64
  /// The most bytes that a decoder's window or dictionary may take.
  public var memory: UInt64

  /// The limits' defaults, 4 GiB and 192 MiB, or others.
  public init(
    maxUncompressed: UInt64 = 1 << 32, memory: UInt64 = Decompressor.defaultMemoryLimit
  ) {
    self.maxUncompressed = maxUncompressed
    self.memory = memory
  }
}

/// What is held of an image's entries, by an estimate for each, so that images of nothing but entries end in an error.
struct HeldMemory: Sendable {
  private let limit: UInt64
  private var held: UInt64 = 0

  init(_ limits: ReadLimits) { limit = limits.memory }

  /// Counts `bytes` more.
  ///
  /// - Throws: `limit` when it is too much.
  mutating func hold(_ bytes: Int) throws(InitrdError) {
    held += UInt64(bytes)
    guard held <= limit else {
      throw InitrdError(
        .limit, "so many entries that they take over \(limit) bytes of memory: reading ends here",
        remedy: "if the image is meant to be so, allow more memory than the \(limit >> 20) MiB")
    }
  }
}
