private import CZlib

/// The checksums in files of lzop.
enum LZOChecksum {
  static func adler32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: CZlib.adler32(1, bytes.baseAddress, UInt32(bytes.count)))
  }

  static func crc32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: CZlib.crc32(0, bytes.baseAddress, UInt32(bytes.count)))
  }
}
