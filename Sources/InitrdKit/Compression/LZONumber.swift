private import CZlib

/// The numbers of lzop's files: 32 bits, the high byte first, and the checksums that are told in
/// them.
enum LZONumber {
  /// The number in all of `bytes`.
  static func value(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The bytes of a number.
  static func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  static func adler32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: CZlib.adler32(1, bytes.baseAddress, UInt32(bytes.count)))
  }

  static func crc32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: CZlib.crc32(0, bytes.baseAddress, UInt32(bytes.count)))
  }
}
