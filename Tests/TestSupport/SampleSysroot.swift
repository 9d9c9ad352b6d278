import Foundation

/// A small sysroot with modules, their dependencies, a kernel configuration and a busybox.
///
/// The files consist of ELF headers and module information: enough for readers, but nothing can be executed.
public struct SampleSysroot {
  /// The directory, removed with the last reference to it.
  public let folder: TemporaryFolder
  /// The kernel's release.
  public static let release = "6.1.0-sample"

  /// The sysroot's path.
  public var path: String { folder.path("root") }

  /// Machine numbers of an ELF header.
  public enum Machine: UInt8, Sendable {
    /// 64-bit x86.
    case x86 = 62
    /// 64-bit Arm.
    case arm = 183
  }

  /// Creates a sysroot with the modules of `dependencies`.
  ///
  /// - Parameters:
  ///   - dependencies: a module's path in the module tree, and the paths of its direct and indirect dependencies.
  ///   - softdeps: the text of `modules.softdep`.
  ///   - aliases: the text of `modules.alias`.
  ///   - builtIn: the text of `modules.builtin`.
  ///   - config: the kernel's configuration; `nil`: none.
  /// - Throws: an error if the files can't be written.
  public init(
    dependencies: [(String, [String])] = Self.dependencies,
    softdeps: String = "softdep ext4 pre: crypto-crc32c\n",
    aliases: String =
      "alias crypto-crc32c crc32c_intel\nalias crypto-crc32c crc32c_generic\nalias fs-ext4 ext4\n",
    builtIn: String =
      "kernel/drivers/char/hw_random/rng-core.ko\nkernel/drivers/virtio/virtio_pci.ko\n",
    config: String? =
      "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\nCONFIG_RD_LZ4=y\nCONFIG_RD_XZ=y\n"
  ) throws {
    folder = try TemporaryFolder()
    let tree = "root/lib/modules/\(Self.release)"
    var dep = ""
    for (path, needs) in dependencies {
      dep += "\(path):\(needs.map { " " + $0 }.joined())\n"
      try folder.write("\(tree)/\(path)", Self.module())
    }
    try folder.write("\(tree)/modules.dep", dep)
    try folder.write("\(tree)/modules.softdep", "# a comment\n" + softdeps)
    try folder.write("\(tree)/modules.alias", aliases)
    try folder.write("\(tree)/modules.builtin", builtIn)
    if let config { try folder.write("root/boot/config-\(Self.release)", config) }
    try folder.write("root/bin/busybox", Self.busybox(), mode: 0o755)
  }

  /// Some modules of Debian's kernel.
  public static let dependencies: [(String, [String])] = [
    ("kernel/drivers/virtio/virtio.ko", []),
    ("kernel/drivers/virtio/virtio_ring.ko", ["kernel/drivers/virtio/virtio.ko"]),
    (
      "kernel/drivers/block/virtio_blk.ko",
      ["kernel/drivers/virtio/virtio_ring.ko", "kernel/drivers/virtio/virtio.ko"]
    ),
    ("kernel/lib/crc16.ko", []), ("kernel/fs/mbcache.ko", []),
    ("kernel/fs/ext4/ext4.ko", ["kernel/fs/mbcache.ko", "kernel/lib/crc16.ko"]),
    ("kernel/arch/x86/crypto/crc32c-intel.ko", []), ("kernel/crypto/crc32c_generic.ko", []),
    ("kernel/drivers/net/dummy.ko", []),
  ]

  /// The 64 bytes of an ELF header for `machine`, with or without an interpreter.
  public static func elf(_ machine: Machine = .x86, dynamic: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)
    bytes[0x10] = 2
    bytes[0x12] = machine.rawValue
    if dynamic {
      (bytes[0x20], bytes[0x36], bytes[0x38]) = (64, 56, 1)
      bytes += [3] + [UInt8](repeating: 0, count: 55)
    }
    return bytes
  }

  /// A module with the release of its kernel, and the firmware that it names, in the section `.modinfo`.
  public static func module(
    _ machine: Machine = .x86, release: String = release, hasSections: Bool = true,
    firmware: [String] = []
  ) -> [UInt8] {
    func word(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes = elf(machine)
    bytes[0x10] = 1
    let named = firmware.map { "firmware=\($0)\0" }.joined()
    let information = Array("\(named)license=GPL\0vermagic=\(release) SMP mod_unload \0".utf8)
    let names = Array("\0.modinfo\0.shstrtab\0".utf8)
    guard hasSections else { return bytes + [0] + information }
    let table = 64 + information.count + names.count
    bytes.replaceSubrange(0x28..<0x30, with: word(table, 8))
    bytes.replaceSubrange(0x3A..<0x40, with: word(64, 2) + word(3, 2) + word(2, 2))
    func section(_ name: Int, _ type: Int, _ start: Int, _ size: Int) -> [UInt8] {
      word(name, 4) + word(type, 4) + word(0, 16) + word(start, 8) + word(size, 8) + word(0, 24)
    }
    bytes += information + names + [UInt8](repeating: 0, count: 64)
    bytes += section(1, 1, 64, information.count)
    return bytes + section(10, 3, 64 + information.count, names.count)
  }

  /// A file that looks like a busybox with the applets that the init needs.
  public static func busybox(_ machine: Machine = .x86, dynamic: Bool = false) -> [UInt8] {
    let applets = [
      "[", "ash", "busybox", "cttyhack", "findfs", "halt", "hexdump", "modprobe", "mount",
      "poweroff", "reboot", "setsid", "sh", "switch_root",
    ]
    return elf(machine, dynamic: dynamic) + [0] + applets.flatMap { Array($0.utf8) + [0] } + [0]
  }
}
