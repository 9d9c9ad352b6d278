/// The components of an image, recognized by the names of its entries.
package struct ImageInventory: Equatable, Sendable {
  /// The number of names of some kind, and the bytes of their data; hard links share data.
  package struct Amount: Equatable, Sendable {
    /// The number of names.
    package var count = 0
    /// The bytes of their data.
    package var bytes: UInt64 = 0
  }

  /// The kernel releases of the module trees, sorted.
  package private(set) var kernelReleases: [String] = []
  /// The kernel modules.
  package private(set) var modules = Amount()
  /// The files below lib/firmware.
  package private(set) var firmware = Amount()
  /// The processor makers for which there is early microcode: `Intel`, `AMD`.
  package private(set) var microcode: [String] = []
  /// The number of ACPI tables that the kernel finds early.
  package private(set) var acpiTables = 0
  /// The tool that built the image, if a file identifies it: `dracut`, `initramfs-tools` and others.
  package private(set) var builder: String?
  /// The kind of `/init`: a link's target, a script's first line (`#!/bin/sh`), or `ELF`; `nil` if the kernel can't run
  /// it.
  package private(set) var initProgram: String?
  /// Whether the image contains busybox.
  package private(set) var hasBusybox = false
  /// The number of entries of each type; `nil` for types that the kernel does not know.
  package private(set) var types: [FileType?: Int] = [:]

  /// Files that identify builders; the first one that is found counts.
  private static let marks: [(path: String, builder: String)] = [
    ("etc/linuxrc.conf", "mkinitrd-swift"), ("etc/booster.init.yaml", "booster"),
    ("lib/debian-installer-startup.d", "debian-installer"),
    ("usr/lib/debian-installer-startup.d", "debian-installer"),
    ("usr/lib/dracut/build-parameter.txt", "dracut"),
    ("usr/lib/dracut/dracut-functions.sh", "dracut"),
    ("lib/dracut/build-parameter.txt", "dracut"), ("usr/lib/dracut-lib.sh", "dracut"),
    ("scripts/functions", "initramfs-tools"), ("conf/initramfs.conf", "initramfs-tools"),
    ("buildconfig", "mkinitcpio"), ("bbin/bb", "u-root"), ("sbin/nlplug-findfs", "mkinitfs"),
    ("usr/sbin/nlplug-findfs", "mkinitfs"),
  ]

  /// All files of a tiny-initramfs image, except for modules and a directory `modules`.
  private static let tinyNames = Set(["init", "dev", "proc", "target"].map { Array($0.utf8) })
  private static let tinyFolders = Set(["", "modules"].map { Array($0.utf8) })
  private static let busyboxes = ["bin", "usr/bin", "sbin", "usr/sbin"].map { "\($0)/busybox" }
  /// The names that identify something.
  private static let telling = tinyNames.union(
    (marks.map(\.path) + busyboxes).map { Array($0.utf8) })

  /// Classifies all entries of an image.
  ///
  /// - Parameters:
  ///   - entries: the entries.
  ///   - initStart: the first bytes of the file `/init`.
  package init(_ entries: [ListedEntry], initStart: [UInt8] = []) {
    var releases: Set<String> = []
    var names: Set<[UInt8]> = []
    var isTiny = true
    for entry in entries {
      types[entry.header.type, default: 0] += 1
      let path = plainPath(entry.path)
      let parts = path.split(separator: UInt8(ascii: "/"))
      if Self.telling.contains(path) { names.insert(path) }
      isTiny =
        isTiny
        && (Self.tinyNames.contains(path) || Self.tinyFolders.contains(path)
          || Self.isModule(path[...]))
      if path.elementsEqual("init".utf8) {
        initProgram =
          entry.header.type == .symlink ? printable(entry.target) : Self.program(initStart)
      }
      add(entry, parts, &releases)
    }
    kernelReleases = releases.sorted()
    builder = Self.marks.first { names.contains(Array($0.path.utf8)) }?.builder
    if builder == nil, isTiny, names.isSuperset(of: Self.tinyNames) {
      builder = "tiny-initramfs"
    }
    hasBusybox = Self.busyboxes.contains { names.contains(Array($0.utf8)) }
  }

  private mutating func add(
    _ entry: ListedEntry, _ parts: [ArraySlice<UInt8>], _ releases: inout Set<String>
  ) {
    func part(_ index: Int) -> ArraySlice<UInt8> { index < parts.count ? parts[index] : [] }
    if entry.header.type == .regular, let name = parts.last, Self.isModule(name) {
      Self.count(entry, in: &modules)
    }
    let below = part(0).elementsEqual("usr".utf8) ? 1 : 0
    if part(below).elementsEqual("lib".utf8) {
      if part(below + 1).elementsEqual("modules".utf8), parts.count > below + 2 {
        releases.insert(printable(part(below + 2)))
      } else if part(below + 1).elementsEqual("firmware".utf8), entry.header.type == .regular {
        Self.count(entry, in: &firmware)
      }
    }
    guard part(0).elementsEqual("kernel".utf8), entry.header.type == .regular else { return }
    // The kernel compares from the name's first byte: `./kernel/…` is not found.
    switch entry.path {
    case Array("kernel/x86/microcode/GenuineIntel.bin".utf8): microcode.append("Intel")
    case Array("kernel/x86/microcode/AuthenticAMD.bin".utf8): microcode.append("AMD")
    case _ where entry.path.starts(with: "kernel/firmware/acpi/".utf8): acpiTables += 1
    default: break
    }
  }

  private static func count(_ entry: ListedEntry, in amount: inout Amount) {
    amount.count += 1
    // The data of hard links is with one of the names, and counts there.
    amount.bytes += UInt64(entry.header.fileSize)
  }

  /// The kind of a program with these first bytes; `nil` if the kernel can't run it.
  private static func program(_ start: [UInt8]) -> String? {
    if start.starts(with: [0x7F] + "ELF".utf8) { return "ELF" }
    guard start.starts(with: "#!".utf8) else { return nil }
    return printable(start.prefix { $0 != UInt8(ascii: "\n") })
  }

  /// Whether a name is that of a kernel module.
  private static func isModule(_ name: ArraySlice<UInt8>) -> Bool {
    ModuleFile.compression(name) != nil
  }
}
