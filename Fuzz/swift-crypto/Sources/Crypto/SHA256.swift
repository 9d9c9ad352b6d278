/// A checksum with the interface of a hash: FNV-1a, repeated four times. It is enough to tell different
/// contents apart.
public struct SHA256: Sendable {
  private var sum: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The checksum of no bytes.
  public init() {}

  /// Adds the next bytes.
  public mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) {
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// The 32 bytes of the digest.
  public func finalize() -> [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: sum >> ($0 % 8 * 8)) }
  }
}
