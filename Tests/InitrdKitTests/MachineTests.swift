import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// Starting manifests of simulated machines. Each manifest is read back and planned.
@Suite struct MachineTests {
  private let virtioDisk = "pci0000:00/0000:00:05.0/virtio2/block/vda"

  private func virtioMachine(
    mount: String = "254:1 / / rw,relatime shared:1 - ext4 /dev/root rw",
    modules: [String] = ["virtio_blk", "ext4", "xfs"], builtIn: [String] = ["virtio_pci"],
    running: String = SampleSysroot.release
  ) throws -> FakeMachine {
    let machine = try FakeMachine(
      mount: mount, modules: modules, builtIn: builtIn, aliases: ["virtio:d00000002v* virtio_blk"],
      running: running)
    try machine.device("pci0000:00/0000:00:05.0", driver: "virtio-pci", module: nil)
    try machine.device(
      "pci0000:00/0000:00:05.0/virtio2", driver: "virtio_blk", module: "virtio_blk",
      alias: "virtio:d00000002v00001AF4")
    try machine.disk(virtioDisk, number: "254:0")
    try machine.disk("\(virtioDisk)/vda1", number: "254:1", isPartition: true)
    return machine
  }

  private func includes(_ manifest: Manifest) -> [String] { manifest.modules.include.map(\.name) }

  private func messages(_ start: StartingManifest) -> [String] { start.notes.map(\.message) }

  @Test func ext4OnAVirtioDisk() throws {
    let machine = try virtioMachine()
    try machine.link("dev/disk/by-uuid/0f-ee", "dev/vda1")
    try machine.link("dev/disk/by-uuid/0a-aa", "dev/vda")
    let (start, manifest, plan) = try machine.start()
    #expect(includes(manifest) == ["virtio_pci", "virtio_blk", "ext4"])
    #expect(manifest.linuxrc.root?.device == "UUID=0f-ee")
    #expect(manifest.linuxrc.root?.fstype == "ext4")
    #expect(plan.loadOrder == ["virtio_blk", "ext4"])
    #expect(plan.builtIn == ["virtio_pci"])
    #expect(plan.kernelRelease == SampleSysroot.release)
    #expect(plan.notes.isEmpty && start.notes.isEmpty)
    #expect(try manifest.plan().notes.isEmpty)
    for line in [
      #"{ "name": "virtio_pci", "//": "bus or controller driver for the disk vda; built into this kernel" }"#,
      #"{ "name": "virtio_blk", "//": "driver for the disk vda" }"#,
      #""//": "The root file system of this machine: /dev/vda1 (ext4).""#,
      #""//": "The running kernel. "#,
    ] { #expect(start.text.contains(line), "\(line) in \(start.text)") }
    #expect(try machine.start().start.text == start.text)
  }

  @Test(.enabled(if: ManifestSchemaTests.hasValidator)) func manifestMatchesTheSchema() throws {
    let machine = try virtioMachine()
    try machine.write("etc/modprobe.d/a.conf", "options virtio_blk queue_depth=64\n")
    let texts = [
      try machine.start().start.text, try StartingManifest(sysroot: machine.path).text,
    ]
    #expect(try ManifestSchemaTests.areValid(texts) == [true, true])
  }

  @Test func documentationShowsTheRealOutput() throws {
    let machine = try virtioMachine()
    try machine.link("dev/disk/by-uuid/2f9c1e0d-7a3b-4c65-9f0e-5d8b6a1c4e27", "dev/vda1")
    let text = try machine.start().start.text.replacing("\"\(machine.path)\"", with: "\"/\"")
    let page = try String(contentsOf: Checkout.file("docs/init.md"), encoding: .utf8)
    #expect(page.contains("```json\n\(text)```\n"), "docs/init.md should show \(text)")
  }

  @Test func lvmOnLUKSOnNVMe() throws {
    let machine = try FakeMachine(
      mount: "253:1 / / rw - xfs /dev/mapper/vg-root rw",
      modules: [
        "nvme", "dm-mod", "dm-crypt", "dm-snapshot", "dm-raid", "aesni-intel", "sha1-ssse3", "xfs",
      ])
    let nvme = "pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1"
    try machine.device("pci0000:00/0000:00:04.0", driver: "nvme", module: "nvme")
    try machine.disk(nvme, number: "259:0")
    try machine.disk("\(nvme)/nvme0n1p3", number: "259:3", isPartition: true)
    try machine.disk(
      "virtual/block/dm-0", number: "253:0", slaves: ["\(nvme)/nvme0n1p3"],
      mapped: ("luks-a", "CRYPT-LUKS2-a-luks-a"))
    try machine.disk(
      "virtual/block/dm-1", number: "253:1", slaves: ["virtual/block/dm-0"],
      mapped: ("vg-root", "LVM-abc"))
    try machine.write("run/udev/data/b253:1", "S:mapper/vg-root\nE:ID_FS_UUID=1234\n")
    try machine.write(
      "proc/modules", "dm_snapshot 1 0 - Live 0x0\nnvme 1 0 - Live 0x0\next3 1 0 - Live 0x0\n")
    try machine.write(
      "proc/crypto",
      """
      name         : xts(aes)
      driver       : xts-aes-aesni
      module       : aesni_intel
      priority     : 401
      refcnt       : 3

      name         : sha1
      driver       : sha1-avx
      module       : sha1_ssse3
      refcnt       : 1

      name         : aes
      driver       : aes-generic
      module       : kernel
      refcnt       : 2

      """)
    let (start, manifest, plan) = try machine.start()
    #expect(
      includes(manifest) == ["nvme", "dm_mod", "dm_crypt", "aesni_intel", "dm_snapshot", "xfs"])
    #expect(plan.loadOrder == includes(manifest))
    #expect(manifest.linuxrc.root?.device == "UUID=1234")
    #expect(
      start.notes == [
        Diagnostic(
          .note, InitrdError.Code("root-device"),
          "the root is on LUKS (luks-a), LVM (vg-root), which the included init can't set up",
          remedy: "set \"template\" in \"init\" to an init that can")
      ])
    #expect(
      start.text.contains(
        #""//": "Note: the root is on LUKS (luks-a), LVM (vg-root), which the included init can't"#
          + #" set up; set \"template\" in \"init\" to an init that can.""#))
    #expect(start.text.contains(#"{ "name": "dm_crypt", "//": "decrypts luks-a" }"#))

    // Without udev, /dev/mapper has device nodes instead of links.
    try FileManager.default.removeItem(at: machine.sysroot.folder / "root/dev/mapper/luks-a")
    try machine.write("dev/mapper/luks-a", "")
    var choices = StartingManifest.Choices()
    choices.root = "/dev/mapper/luks-a"
    choices.fstype = "xfs"
    #expect(
      includes(try machine.start(choices).manifest)
        == ["nvme", "dm_mod", "dm_crypt", "aesni_intel", "xfs"])
  }

  @Test func raid1OnTwoDisks() throws {
    let machine = try FakeMachine(
      mount: "9:0 / / rw - ext4 /dev/md0 rw", modules: ["ahci", "sd_mod", "raid1", "ext4"],
      builtIn: ["md-mod"], aliases: ["md-raid1 raid1", "md-level-1 raid1"])
    let host = "pci0000:00/0000:00:1f.2"
    try machine.device(host, driver: "ahci", module: "ahci")
    for (number, disk) in ["sda", "sdb"].enumerated() {
      let target = "\(host)/ata\(number)/host\(number)/target\(number)/\(number):0:0:0"
      try machine.device(target, driver: "sd", module: "sd_mod")
      try machine.disk("\(target)/block/\(disk)", number: "8:\(number * 16)")
    }
    let disks = ["sda", "sdb"].enumerated().map { number, disk in
      "\(host)/ata\(number)/host\(number)/target\(number)/\(number):0:0:0/block/\(disk)"
    }
    try machine.disk("virtual/block/md0", number: "9:0", slaves: disks)
    try machine.write("sys/devices/virtual/block/md0/md/level", "raid1\n")
    let (start, manifest, _) = try machine.start()
    #expect(includes(manifest) == ["ahci", "sd_mod", "md_mod", "raid1", "ext4"])
    #expect(start.text.contains("\"bus or controller driver for the disk sda, the disk sdb"))
    #expect(start.text.contains("\"driver for the disk sda, the disk sdb"))
    #expect(manifest.linuxrc.root?.device == "/dev/md0")
    #expect(messages(start).map { $0.hasPrefix("the root is on RAID (md0), which") } == [true])
    let error = #expect(throws: InitrdError.self) { try manifest.plan() }
    #expect(error?.code.name == "root-device", "\(String(describing: error))")
  }

  @Test func btrfsSubvolumeOnTwoDisks() throws {
    // The device number of a btrfs subvolume is not that of a disk.
    let machine = try virtioMachine(
      mount: "0:35 /@ / rw - btrfs /dev/vda1 rw,space_cache=v2,subvolid=256,subvol=/@",
      modules: ["virtio_blk", "nvme", "btrfs"])
    try machine.device("pci0000:00/0000:00:04.0", driver: "nvme", module: "nvme")
    let other = "pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1"
    try machine.disk(other, number: "259:0")
    for device in ["\(virtioDisk)/vda1", other] {
      try machine.link(
        "sys/fs/btrfs/77-88/devices/\(lastComponent(device))", "sys/devices/\(device)")
    }
    let (start, manifest, _) = try machine.start()
    #expect(includes(manifest) == ["nvme", "virtio_pci", "virtio_blk", "btrfs"])
    #expect(manifest.linuxrc.root?.device == "UUID=77-88")
    #expect(manifest.linuxrc.root?.flags == "ro,subvol=/@")
    #expect(messages(start).map { $0.contains("btrfs with 2 devices") } == [true])
  }

  @Test func nfsRootBecomesNull() throws {
    let machine = try FakeMachine(
      mount: "0:50 / / rw - nfs4 host:/srv/root rw,vers=4.2",
      modules: ["virtio_pci", "virtio_net", "e1000", "nfs", "nfsv4"])
    for (name, module, state) in [("eth0", "virtio_net", "up"), ("eth1", "e1000", "down")] {
      let device = "pci0000:00/\(name)"
      try machine.device(device, driver: module, module: module)
      try machine.write("sys/devices/\(device)/net/\(name)/operstate", "\(state)\n")
      try machine.link("sys/class/net/\(name)", "sys/devices/\(device)/net/\(name)")
    }
    let (start, manifest, _) = try machine.start()
    #expect(includes(manifest) == ["virtio_net", "nfs", "nfsv4"])
    #expect(manifest.linuxrc.root == nil)
    #expect(
      messages(start) == [
        "the init can't mount the root host:/srv/root (nfs4), so \"root\" is null"
      ])
    #expect(start.text.contains("driver for the network interface eth0"))
  }

  @Test func containerGetsAManifestForAVirtualMachine() throws {
    let machine = try FakeMachine(
      mount: "0:60 / / rw - overlay overlay rw,lowerdir=/a", modules: ["virtio_blk", "ext4"],
      running: "6.9.0-host")
    let (start, manifest, plan) = try machine.start()
    #expect(plan.kernelRelease == SampleSysroot.release)
    #expect(includes(manifest) == ["virtio_blk", "ext4"])
    #expect(manifest.linuxrc.root?.device == "/dev/vda")
    #expect(
      messages(start) == [
        "this kernel lacks these modules: virtio_pci",
        "/ has the file system overlay here, as in a container, so the manifest is for a virtual"
          + " machine with the root on /dev/vda (ext4)",
      ])
    #expect(
      start.text.contains("Not included, because this kernel has no such modules: virtio_pci."))
  }

  @Test func manifestIsForAVirtualMachineWithoutProc() throws {
    let sysroot = try SampleSysroot()
    let start = try StartingManifest(for: Machine(root: sysroot.path))
    #expect(messages(start).contains { $0.hasPrefix("the file system at / is unknown, so ") })
  }

  @Test func nvmeSubsystemsIncludeControllersAndTheirSuppliers() throws {
    let machine = try FakeMachine(
      mount: "259:0 / / rw - ext4 /dev/nvme0n1 rw", modules: ["nvme", "vmd", "phy_pcie", "ext4"])
    let subsystem = "virtual/nvme-subsystem/nvme-subsys0"
    let controller = "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:01.0"
    try machine.device("pci0000:00/0000:00:0e.0", driver: "vmd", module: "vmd")
    try machine.device(controller, driver: "nvme", module: "nvme")
    try machine.device("platform/phy", driver: "phy", module: "phy_pcie")
    try machine.link(
      "sys/devices/\(controller)/supplier:platform:phy", "sys/devices/virtual/devlink/a")
    try machine.link("sys/devices/virtual/devlink/a/supplier", "sys/devices/platform/phy")
    try machine.disk("\(subsystem)/nvme0n1", number: "259:0")
    try machine.link("sys/devices/\(subsystem)/nvme0", "sys/devices/\(controller)/nvme/nvme0")
    try machine.write("sys/devices/\(controller)/nvme/nvme0/uevent", "")
    #expect(includes(try machine.start().manifest) == ["phy_pcie", "vmd", "nvme", "ext4"])
  }

  @Test func callerChoosesTheRoot() throws {
    let machine = try virtioMachine()
    var choices = StartingManifest.Choices()
    choices.root = "/dev/vda1"
    let first = try machine.start(choices)
    #expect(first.manifest.linuxrc.root?.device == "/dev/vda1")
    #expect(first.manifest.linuxrc.root?.fstype == "ext4")
    #expect(first.start.notes.isEmpty)
    choices.root = "/dev/vda"
    let second = try machine.start(choices)
    #expect(includes(second.manifest) == ["virtio_pci", "virtio_blk"])
    #expect(
      second.start.notes.map(\.description) == [
        "note: the file system on /dev/vda is unknown; set it with --fstype"
      ])
    choices.fstype = "xfs"
    #expect(includes(try machine.start(choices).manifest) == ["virtio_pci", "virtio_blk", "xfs"])
    choices.root = "LABEL=none"
    let last = try machine.start(choices)
    #expect(last.manifest.linuxrc.root?.device == "LABEL=none")
    #expect(
      messages(last.start).first?.hasPrefix("this machine has no device LABEL=none, so ") == true)
  }

  @Test func modulesOfAnotherKernelAreFoundByDeviceAlias() throws {
    // The running kernel has no module tree, and both drivers are built into it.
    let machine = try virtioMachine(
      modules: ["virtio_blk", "virtio_pci"], builtIn: [], running: "5.0.0-old")
    let (start, manifest, _) = try machine.start()
    #expect(includes(manifest) == ["virtio_pci", "virtio_blk"])
    #expect(start.text.contains("The only kernel in the sysroot."))
    #expect(messages(start) == ["this kernel has no module for the file system ext4"])
  }

  @Test func moduleOptionsMicrocodeAndBaselineAreIncluded() throws {
    let machine = try virtioMachine()
    try machine.write("usr/lib/modprobe.d/a.conf", "options virtio_blk hidden=1\n")
    try machine.write(
      "etc/modprobe.d/a.conf",
      "# no options\noptions virtio-blk queue_depth=64\noptions xfs other=1\nblacklist ext4\n")
    try machine.write("etc/modprobe.d/b.conf", "options virtio_blk  poll_queues=1\n")
    let processor = """
      processor\t: 0
      vendor_id\t: GenuineIntel
      cpu family\t: 6
      model\t\t: 142
      stepping\t: 10
      flags\t\t: fpu vme

      """
    try machine.write("proc/cpuinfo", "\(processor)\nprocessor\t: 1\n")
    try machine.write("lib/firmware/intel-ucode/06-8e-0a", "\u{1}")
    try machine.write("boot/initrd.img-\(SampleSysroot.release)", "old")
    let start = try StartingManifest(for: Machine(root: machine.path))
    let manifest = try Manifest(json: Array(start.text.utf8), file: "manifest.json")
    #expect(manifest.modules.options.map(\.module.name) == ["virtio_blk"])
    #expect(manifest.modules.options.map(\.options) == ["queue_depth=64 poll_queues=1"])
    #expect(start.text.contains(#""microcode": ["lib/firmware/intel-ucode/06-8e-0a"]"#))
    #expect(
      manifest.baseline == .image("\(machine.path)/boot/initrd.img-\(SampleSysroot.release)"))
    try machine.write("proc/cpuinfo", processor.replacing("fpu", with: "fpu hypervisor"))
    #expect(try !StartingManifest(for: Machine(root: machine.path)).text.contains("ucode"))
  }

  @Test func hostileTreesAreHandled() throws {
    // A disk that contains itself, a name that is invalid in a manifest, and mount lines that are cut off.
    let machine = try FakeMachine(
      mount: "9:0 / / rw - ext4 /dev/md0 rw", modules: ["ext4"])
    try machine.disk(
      "virtual/block/md0", number: "9:0", slaves: ["virtual/block/md0", "virtual/block/md1"])
    try machine.disk("virtual/block/md1", number: "9:1", slaves: ["virtual/block/md0"])
    #expect(includes(try machine.start().manifest) == ["ext4"])
    try machine.link("dev/disk/by-uuid/${x}", "dev/md0")
    let error = try #require(throws: InitrdError.self) { try machine.start() }
    #expect(error.description.contains("unknown variable ${x}"))
    for line in ["", "1 2", "1 1 9:0 / / rw -", "1 1 9:0 / / rw - ext4 /dev/md0"] {
      #expect(MountLine(line) == nil)
    }
  }

  @Test func mountLinesAreParsed() throws {
    let line = try #require(
      MountLine(
        #"36 35 98:0 /mnt1 /a\040b rw,noatime master:1 shared:2 - ext3 /dev/root rw,data=x"#))
    #expect(line.number == "98:0" && line.folder == "/mnt1" && line.mountPoint == "/a b")
    #expect(line.type == "ext3" && line.source == "/dev/root")
    #expect(line.superOptions == ["rw", "data=x"])
  }

  @Test(arguments: [
    ("6.1.0-9", "6.1.0-56", true), ("6.9.1", "6.12.0", true), ("6.12.0", "6.9.1", false),
    ("6.1.0", "6.1.0", false), ("6.1", "6.1.0", true), ("6.1.0-amd64", "6.1.0-cloud-amd64", true),
    ("6.01.0", "6.1.1", true), ("", "a", true),
  ])
  func releasesAreComparedByNumbers(left: String, right: String, isOlder: Bool) {
    #expect(StartingKernel.isOlder(left, than: right) == isOlder)
  }

  @Test func chosenSchemaIsWritten() throws {
    let sysroot = try SampleSysroot()
    #expect(!(try StartingManifest(sysroot: sysroot.path).text.contains("$schema")))
    var choices = StartingManifest.Choices()
    choices.schema = "./manifest.schema.json"
    let start = try StartingManifest(sysroot: sysroot.path, choices)
    #expect(start.text.hasPrefix("{\n  \"$schema\": \"./manifest.schema.json\",\n"))
  }

  @Test func jsoncFilesHaveLineComments() throws {
    let machine = try virtioMachine()
    try machine.write("etc/modprobe.d/a.conf", "options virtio_blk queue_depth=64\n")
    var choices = StartingManifest.Choices()
    let plain = try StartingManifest(for: Machine(root: machine.path), choices)
    choices.file = "manifest.jsonc"
    let start = try StartingManifest(for: Machine(root: machine.path), choices)
    #expect(!start.text.contains("\"//\""))
    #expect(
      start.text.contains(
        "\n      // bus or controller driver for the disk vda; built into this kernel\n"
          + "      \"virtio_pci\",\n"),
      "\(start.text)")
    func meaning(_ text: String) throws -> Manifest {
      var manifest = try Manifest(json: Array(text.utf8), file: "x")
      for index in manifest.modules.include.indices {
        manifest.modules.include[index].location = nil
      }
      return manifest
    }
    let (first, second) = (try meaning(plain.text), try meaning(start.text))
    #expect(first.modules.include == second.modules.include)
    let options = [first, second].map { $0.modules.options.map { [$0.module.name, $0.options] } }
    #expect(options[0] == options[1])
    #expect(first.linuxrc.root?.device == second.linuxrc.root?.device)
  }
}
