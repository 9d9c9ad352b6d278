/// A file system instead of an archive: a legacy initrd, which kernels load into a RAM disk
/// (Documentation/admin-guide/initrd.rst; `identify_ramdisk_image` of the kernel).
enum LegacyInitrd {
  /// The number of bytes at the start that are needed to recognize a file system.
  static let headSize = 2048

  /// The name of the file system that starts with `head`, with an article, and its size in bytes if its header has it.
  static func identify(_ head: [UInt8]) -> (name: String, size: UInt64?)? {
    func number(_ offset: Int, _ width: Int, _ order: ByteOrder = .little) -> UInt64 {
      head.span.number(at: offset, width: width, order) ?? 0
    }
    if head.starts(with: "-rom1fs-".utf8) { return ("a romfs", number(8, 4, .big)) }
    if number(0, 4) == 0x28CD_3D45 { return ("a cramfs", number(4, 4)) }
    if head.starts(with: "hsqs".utf8) { return ("a squashfs", number(40, 8)) }
    if number(0x438, 2) == 0xEF53 {
      // The size of a block is 1024 << s_log_block_size, which is at most 6 for ext4.
      return ("an ext2, ext3 or ext4", number(0x404, 4) << (10 + min(number(0x418, 4), 6)))
    }
    // Versions 1 and 2, with names of 14 or 30 bytes; blocks (zones) have 1 KiB.
    switch number(0x410, 2) {
    case 0x137F, 0x138F: return ("a minix", number(0x402, 2) << 10)
    case 0x2468, 0x2478: return ("a minix", number(0x414, 4) << 10)
    default: return nil
    }
  }

  /// The error for a legacy initrd; `nil` if `head` is not the start of one.
  static func error(_ head: [UInt8], at offset: UInt64, compression: Compression? = nil)
    -> InitrdError?
  {
    guard let (name, size) = identify(head) else { return nil }
    let bytes = size.map { " of \($0) bytes" } ?? ""
    let packed = compression.map { ", compressed with \($0)" } ?? ""
    return .broken(
      "legacy-initrd",
      "a legacy initrd, not an initramfs: \(name) file system\(bytes)\(packed)", at: offset,
      remedy:
        "extract or mount the file system, and build an archive of its files: Linux is removing RAM disks"
    )
  }
}
