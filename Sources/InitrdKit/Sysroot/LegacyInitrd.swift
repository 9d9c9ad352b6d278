/// A file system where an archive is expected: a legacy initrd, which is loaded into a RAM disk
/// (Documentation/admin-guide/initrd.rst; `identify_ramdisk_image` of the kernel).
enum LegacyInitrd {
  /// How many bytes have to be seen to know one.
  static let headSize = 2048

  /// What the file system that starts with `head` is, with an article, and its size in bytes where its header tells it.
  static func identify(_ head: [UInt8]) -> (name: String, size: UInt64?)? {
    func number(_ offset: Int, _ width: Int, _ order: ByteOrder = .little) -> UInt64 {
      head.span.number(at: offset, width: width, order) ?? 0
    }
    if head.starts(with: "-rom1fs-".utf8) { return ("a romfs", number(8, 4, .big)) }
    if number(0, 4) == 0x28CD_3D45 { return ("a cramfs", number(4, 4)) }
    if head.starts(with: "hsqs".utf8) { return ("a squashfs", number(40, 8)) }
    if number(0x438, 2) == 0xEF53 {
      // The size of a block is 1024 << s_log_block_size, of which ext4 has up to 6.
      return ("an ext2, ext3 or ext4", number(0x404, 4) << (10 + min(number(0x418, 4), 6)))
    }
    // Version 1 and 2, with names of 14 and 30 bytes; blocks (zones) of 1 KiB.
    switch number(0x410, 2) {
    case 0x137F, 0x138F: return ("a minix", number(0x402, 2) << 10)
    case 0x2468, 0x2478: return ("a minix", number(0x414, 4) << 10)
    default: return nil
    }
  }

  /// The error for such an image.
  static func error(_ head: [UInt8], at offset: UInt64, compression: Compression? = nil)
    -> InitrdError?
  {
    guard let (name, size) = identify(head) else { return nil }
    let bytes = size.map { " of \($0) bytes" } ?? ""
    let packed = compression.map { ", compressed with \($0)" } ?? ""
    return .broken(
      "legacy-initrd",
      "a legacy initrd, and no initramfs: \(name) file system\(bytes)\(packed)", at: offset,
      remedy:
        "unpack or mount it and build an archive of its files: kernels are giving up RAM disks")
  }
}
