/// A statically linked busybox. Its properties are read from the file, which is never executed.
struct BusyboxBinary: Sendable {
  /// The needed interpreter and libraries: none, as it is statically linked.
  let links: ELFLinks
  /// The machine; `nil` for one without a name in ``Architecture``.
  var architecture: Architecture? { links.architecture }
  /// The names of the applets, sorted.
  let applets: [String]

  /// Reads a busybox from its bytes.
  ///
  /// - Throws: `bad-input` if it is not an ELF file, needs a dynamic linker, or has no list of applets.
  init(_ file: [UInt8]) throws(InitrdError) {
    guard let elf = try ELF(file) else {
      throw InitrdError(.badInput, "not busybox: this is not an ELF file")
    }
    guard !elf.hasInterpreter else {
      throw InitrdError(
        .badInput, "this busybox is dynamically linked: the image would need its libraries, too",
        remedy: "use a statically linked busybox, such as that of Debian's package busybox-static")
    }
    let applets = Self.applets(in: file.span)
    guard applets.contains("busybox") || applets.contains("sh") || applets.contains("ash") else {
      throw InitrdError(.badInput, "not busybox: this program has no list of applets")
    }
    links = try ELFLinks(elf, file)
    self.applets = applets
  }

  /// The names of the applets. busybox has them as one sequence of NUL-terminated names in strictly ascending order,
  /// for a binary search (`applet_names` in its include/applet_tables.h). This is the longest such sequence in the
  /// file.
  static func applets(in file: Span<UInt8>) -> [String] {
    var best: [[UInt8]] = []
    var run: [[UInt8]] = []
    var name: [UInt8] = []
    var named = true
    for index in file.indices {
      let byte = file[index]
      if byte == 0 {
        if named, !name.isEmpty, run.last.map({ $0.lexicographicallyPrecedes(name) }) ?? true {
          run.append(name)
        } else {
          if run.count > best.count { best = run }
          run = named && !name.isEmpty ? [name] : []
        }
        name.removeAll(keepingCapacity: true)
        named = true
      } else if named {
        if isAppletByte(byte), name.count < 32 { name.append(byte) } else { named = false }
      }
    }
    if run.count > best.count { best = run }
    return best.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func isAppletByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "["), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }

  /// The usual directory of `applet`: `sbin` for administration, where the kernel itself looks for `modprobe`,
  /// `poweroff` and others; `bin` for all others.
  static func folder(of applet: String) -> String { sbin.contains(applet) ? "sbin" : "bin" }

  private static let sbin: Set<String> = [
    "acpid", "adjtimex", "arp", "blkid", "blockdev", "bootchartd", "depmod", "devmem", "fbsplash",
    "fdisk", "findfs", "freeramdisk", "fsck", "fstrim", "getty", "halt", "hdparm", "hwclock",
    "ifconfig", "ifdown", "ifup", "init", "insmod", "ip", "ipaddr", "iplink", "iproute", "iprule",
    "klogd", "loadkmap", "logread", "losetup", "lsmod", "makedevs", "mdev", "mkdosfs", "mke2fs",
    "mkfs.ext2", "mkfs.minix", "mkfs.vfat", "mkswap", "modinfo", "modprobe", "nameif", "pivot_root",
    "poweroff", "raidautorun", "reboot", "rmmod", "route", "run-init", "runlevel", "setconsole",
    "slattach", "start-stop-daemon", "sulogin", "swapoff", "swapon", "switch_root", "sysctl",
    "syslogd", "tunctl", "tune2fs", "udhcpc", "uevent", "vconfig", "watchdog", "zcip",
  ]
}
