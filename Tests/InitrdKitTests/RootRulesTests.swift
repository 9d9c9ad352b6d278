import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// Whether the init can reach a root, by the device's name and the modules that are included, loaded and
/// built in.
@Suite struct RootRulesTests {
  /// A root, and the expected findings.
  struct Case: Sendable, CustomTestStringConvertible {
    var device: String
    var fstype: String? = "ext4"
    var loaded: [String] = []
    var carried: [String] = []
    var blacklist: [String] = []
    var found: [String] = []
    var testDescription: String { "\(device) \(loaded) \(carried)" }
  }

  /// The modules of a kernel in which ext4 is built in and xfs does not exist.
  private static let modules = [
    "virtio_blk", "virtio_pci", "virtio_mmio", "nvme", "sd_mod", "ahci", "mmc_block", "sdhci_pci",
    "xen_blkfront", "dasd_eckd_mod", "mtdblock", "ubi", "btrfs",
  ]

  private static let virtio = ["virtio_blk", "virtio_pci"]

  @Test(arguments: [
    Case(device: "/dev/vda", loaded: virtio),
    Case(device: "/dev/vda1", loaded: ["virtio_blk", "virtio_mmio"]),
    Case(
      device: "/dev/vda", loaded: ["virtio_pci"],
      found: ["error[root-driver]: add \"virtio_blk\" to modules.include"]),
    Case(
      device: "/dev/vda2", loaded: ["virtio_blk"],
      found: ["error[root-driver]: add \"virtio_pci\" to modules.include"]),
    Case(
      device: "/dev/vda", loaded: ["virtio_pci"], carried: ["virtio_blk"],
      found: ["error[root-driver]: add \"virtio_blk\" to modules.include by its name"]),
    Case(
      device: "/dev/vda", loaded: ["virtio_pci"], carried: ["virtio_blk"],
      blacklist: ["virtio_blk"],
      found: ["error[root-driver]: remove \"virtio_blk\" from modules.blacklist"]),
    Case(device: "/dev/nvme0n1p2", loaded: ["nvme"]),
    Case(
      device: "/dev/nvme0n1",
      found: ["error[root-driver]: add \"nvme\" to modules.include"]),
    Case(device: "/dev/sda", loaded: ["sd_mod", "ahci"]),
    Case(
      device: "/dev/sda", loaded: ["sd_mod"],
      found: [
        "note[root-driver]: add the driver that the machine needs to modules.include"
      ]),
    Case(
      device: "/dev/sdb1", loaded: ["ahci"],
      found: ["error[root-driver]: add \"sd_mod\" to modules.include"]),
    Case(device: "/dev/mmcblk0p1", loaded: ["mmc_block", "sdhci_pci"]),
    Case(
      device: "/dev/mmcblk0", loaded: ["sdhci_pci"],
      found: ["error[root-driver]: add \"mmc_block\" to modules.include"]),
    Case(device: "/dev/xvda", loaded: ["xen_blkfront"]),
    Case(
      device: "/dev/xvda1", found: ["error[root-driver]: add \"xen_blkfront\" to modules.include"]),
    Case(
      device: "/dev/dasda1",
      found: ["error[root-driver]: add \"dasd_eckd_mod\" to modules.include"]),
    Case(
      device: "/dev/mtdblock2", found: ["error[root-driver]: add \"mtdblock\" to modules.include"]),
    Case(device: "/dev/ubiblock0_0", loaded: ["ubi"]),
    Case(
      device: "/dev/fd0",
      found: ["error[root-driver]: use a kernel that has it, or a disk of another kind"]),
    Case(device: "UUID=1-2", loaded: ["nvme"]),
    Case(
      device: "LABEL=x",
      found: ["note[root-driver]: add the driver of its disk to modules.include"]),
    Case(
      device: "/dev/foo0",
      found: [
        "note[root-device]: make sure that its driver is in modules.include, or built in"
      ]),
    Case(
      device: "/dev/vda", fstype: "btrfs", loaded: virtio,
      found: ["error[root-file-system]: add \"btrfs\" to modules.include"]),
    Case(device: "/dev/vda", fstype: "btrfs", loaded: virtio + ["btrfs"]),
    Case(device: "/dev/vda", fstype: "btrfs", loaded: virtio, carried: ["btrfs"]),
    Case(
      device: "/dev/vda", fstype: "btrfs", loaded: virtio, carried: ["btrfs"], blacklist: ["btrfs"],
      found: ["error[root-file-system]: remove \"btrfs\" from modules.blacklist"]),
    Case(
      device: "/dev/vda", fstype: "btrsf", loaded: virtio,
      found: ["error[root-file-system]: did you mean \"btrfs\"?"]),
    Case(
      device: "/dev/vda", fstype: "nosuchfs", loaded: virtio,
      found: ["error[root-file-system]: use a kernel that has it"]),
    Case(device: "/dev/vda", fstype: nil, loaded: virtio),
  ])
  func missingPartsOfTheRootAreReported(_ root: Case) throws {
    let sample = try SampleSysroot(
      dependencies: Self.modules.map { ("kernel/\($0).ko", []) }, softdeps: "",
      aliases: "alias fs-btrfs btrfs\n", builtIn: "kernel/fs/ext4/ext4.ko\n")
    let index = try ModuleIndex(
      tree: "lib/modules/\(SampleSysroot.release)", in: try Sysroot(sample.path))
    let drivers = KernelDrivers(index: index, config: nil)
    #expect(try texts(root, drivers) == root.found)
    // Another init may support what ours does not.
    let others = try texts(root, drivers, isLinuxrc: false)
    #expect(others.allSatisfy { $0.hasPrefix("note[") } && others.count == root.found.count)
    // Without a module list, a missing driver is only a note. An included module is certainly a module, so
    // its errors stay.
    let isCertain = root.found.contains {
      $0.contains("blacklist") || $0.contains("by its name")
    }
    let unknown = try texts(root, KernelDrivers(index: nil, config: nil))
    #expect(isCertain || unknown.allSatisfy { $0.hasPrefix("note[") }, "\(unknown)")
    let config = KernelConfig(text: "CONFIG_EXT4_FS=y\nCONFIG_BTRFS_FS=m\n".utf8)
    let known = try texts(root, KernelDrivers(index: nil, config: config))
    #expect(known.count == root.found.count, "\(known)")
  }

  private func texts(
    _ root: Case, _ drivers: KernelDrivers, isLinuxrc: Bool = true
  ) throws -> [String] {
    var settings = InitSettings()
    (settings.device, settings.fileSystem) = (root.device, root.fstype)
    settings.isLinuxrc = isLinuxrc
    var modules = IncludedModules()
    modules.loaded = Set(root.loaded)
    modules.names = Set(root.loaded + root.carried)
    modules.blacklist = Set(root.blacklist)
    if root.carried.contains("btrfs") { modules.byFileSystem["btrfs"] = ["btrfs"] }
    return RootRules.findings(settings, modules, drivers).map {
      "\($0.severity.rawValue)[\($0.code.rawValue)]: \($0.remedy)"
    }
  }

  @Test(arguments: [
    "/dev/mapper/vg-root", "/dev/dm-0", "/dev/md0", "/dev/md/root", "/dev/md127p1", "/dev/loop0",
    "/dev/nbd0", "/dev/zram0", "/dev/bcache0", "/dev/drbd0", "/dev/disk/by-uuid/1-2", "/dev/ubi0_0",
    "/dev/nfs",
  ])
  func deviceThatTheInitCannotSetUpIsAnError(device: String) throws {
    let root = Case(device: device)
    let config = KernelConfig(text: "CONFIG_EXT4_FS=y\n".utf8)
    for drivers in [
      KernelDrivers(index: nil, config: nil), KernelDrivers(index: nil, config: config),
    ] {
      #expect(try texts(root, drivers).contains { $0.hasPrefix("error[root-device]: ") })
    }
  }

  @Test func rootWithoutFileSystemNeedsALoadedOne() throws {
    let config = KernelConfig(text: "CONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\n".utf8)
    let drivers = KernelDrivers(index: nil, config: config)
    let root = Case(device: "/dev/vda", fstype: nil)
    #expect(try texts(root, drivers).map { $0.prefix(22) } == ["note[root-file-system]"])
    #expect(try texts(Case(device: "/dev/vda", fstype: nil, loaded: ["xfs"]), drivers) == [])
  }

  @Test func writtenSettingsAreReadBack() throws {
    var linuxrc = Manifest.Linuxrc()
    linuxrc.program = ["/bin/it's", "$(reboot) \"a\"", "", "b\\"]
    linuxrc.environment = [.init(name: "A", value: "'; root=/dev/x; '")]
    for device in [nil, "/dev/vda", "LABEL=it's $HOME"] {
      linuxrc.root = device.map { Manifest.Linuxrc.Root(device: $0) }
      linuxrc.root?.fstype = "ext4"
      let entries = LinuxrcSettings.entries(linuxrc, modules: ["a", "b"])
      guard case .bytes(let text) = entries.first?.content else {
        throw CocoaError(.coderReadCorrupt)
      }
      let read = try #require(InitSettings(text))
      #expect(read.modules == ["a", "b"])
      #expect(read.device == device)
      #expect(read.fileSystem == (device == nil ? nil : "ext4"))
      #expect(read.program == linuxrc.program)
      #expect(read.programInImage == (device == nil ? Array("/bin/it's".utf8) : nil))
      for end in text.indices { _ = InitSettings(text[..<end]) }
    }
    for text in [
      "", "root=$(x)", "modules='a'\nroot='b'\nrootfstype='c'\n", "program() { start 'a \"$@\"; }",
    ] {
      #expect(InitSettings(text.utf8) == nil)
    }
  }
}
