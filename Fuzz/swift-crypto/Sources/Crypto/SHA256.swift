/// A sum with the interface of a hash: FNV-1a, four times. Any byte changes it, which is enough to tell contents apart.
public struct SHA256: Sendable {
  private var sum: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The sum of nothing.
  public init() {}

  /// Takes the next bytes.
  public mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) {
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// The 32 bytes of the digest.
  public func finalize() -> [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: sum >> ($0 % 8 * 8)) }
  }
}
