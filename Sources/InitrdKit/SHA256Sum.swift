import Crypto

/// The SHA-256 sum (FIPS 180-4) of a file or an image.
public struct SHA256Sum: Hashable, Sendable, CustomStringConvertible {
  // With an array, a million entries would need a million allocations.
  private let words: SIMD4<UInt64>

  /// The sum of the bytes that were passed to `hash`.
  init(_ hash: borrowing SHA256) {
    var words = SIMD4<UInt64>()
    for (index, byte) in hash.finalize().enumerated() {
      words[index / 8] = words[index / 8] << 8 | UInt64(byte)
    }
    self.words = words
  }

  /// Its 32 bytes.
  public var bytes: [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
  }

  /// Its 64 lowercase hexadecimal digits.
  public var description: String { bytes.map(hexadecimal).joined() }
}
