/// A static busybox, known by reading its file and never by running it.
struct BusyboxBinary: Sendable {
  /// What it asks the dynamic linker for: nothing, as a static program.
  let links: ELFLinks
  /// The machine that it is for; `nil` for one that has no name here.
  var architecture: Architecture? { links.architecture }
  /// Its applets, sorted.
  let applets: [String]

  /// Reads a busybox from its bytes.
  ///
  /// - Throws: `bad-input` when it is not ELF, needs a dynamic linker, or holds no list of applets.
  init(_ file: [UInt8]) throws(InitrdError) {
    guard let elf = try ELF(file) else {
      throw InitrdError(.badInput, "not an ELF file: this can't be busybox")
    }
    guard !elf.hasInterpreter else {
      throw InitrdError(
        .badInput, "this busybox is dynamic: an image would need its libraries too",
        remedy: "take a static one; Debian has it in the package busybox-static")
    }
    let applets = Self.applets(in: file.span)
    guard applets.contains("busybox") || applets.contains("sh") || applets.contains("ash") else {
      throw InitrdError(.badInput, "no list of applets in this file: it is not busybox")
    }
    links = try ELFLinks(elf, file)
    self.applets = applets
  }

  /// The applet names: busybox keeps them as one run of NUL-terminated names in strictly rising order
  /// (`applet_names` of its include/applet_tables.h), and looks applets up in it by bisection. The
  /// longest such run of the file is it.
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

  /// The folder in which `applet` is expected: administration in `/sbin`, where the kernel itself looks for
  /// `modprobe`, `poweroff` and others, everything else in `/bin`.
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
