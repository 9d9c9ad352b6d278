import Foundation
import InitrdKit
import TestSupport
import Testing

/// Boots real kernels in QEMU with our images, up to the init of an ext4 root.
@Suite(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"), .serialized)
struct BootTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Builds an image for a kernel of the checkout from the README's manifest with some changes.
  private func build(
    _ flavour: String, _ changes: [(String, String)] = []
  ) throws -> String {
    var manifest = try String(
      contentsOf: Checkout.file("Examples/container-vm.json"), encoding: .utf8)
    for (old, new) in changes {
      #expect(manifest.contains(old))
      manifest = manifest.replacing(old, with: new)
    }
    try folder.write("manifest.json", manifest)
    let image = folder.path("initrd.img")
    let result = try Mkinitrd.run([
      "build", folder.path("manifest.json"), "-o", image, "--sysroot",
      Checkout.kernels.appendingPathComponent(flavour).path,
    ])
    #expect(result.status == 0, "\(result.errors)")
    return image
  }

  private static let proof = "the root's init runs as PID 1 on ext4 root /dev/vda"

  @Test(arguments: Checkout.flavours)
  func debianKernelsBoot(flavour: String) throws {
    let image = try build(flavour)
    let result = try Boot.boot(flavour, image)
    #expect(result.status == 0, "\(result.text.suffix(3000))")
    #expect(result.text.contains(Self.proof))
    for mark in [
      "init-start", "modules-loaded", "root-dev /dev/vda", "root-mounted", "switch-root",
    ] {
      #expect(result.text.contains("mkinitrd-mark: \(mark)"))
    }
    #expect(!result.text.contains("linuxrc:"))
    // The kernel reports the same size as the build report.
    let bytes = try #require(
      try FileManager.default.attributesOfItem(atPath: image)[.size] as? Int)
    #expect(result.text.contains("Freeing initrd memory: \((bytes + 4095) / 4096 * 4)K"))
  }

  /// `auto` chooses zstd, which the test above boots.
  @Test(arguments: Compression.allCases.filter { $0 != .zstd })
  func kernelBootsWithEveryCompression(codec: Compression) throws {
    let image = try build("cloud", [("\"auto\"", "\"\(codec)\"")])
    let result = try Boot.boot("cloud", image)
    #expect(result.text.contains(Self.proof), "\(result.text.suffix(3000))")
  }

  @Test func kernelFindsACPITableInEarlyArchive() throws {
    // An empty table is a header of 36 bytes whose sum is 0.
    var table =
      Array("SSDT".utf8) + [36, 0, 0, 0, 2, 0] + Array("MKINITEARLY   ".utf8) + [1, 0, 0, 0]
      + Array("MKIN".utf8) + [1, 0, 0, 0]
    table[9] = 0 &- table.reduce(0, &+)
    try folder.write("ssdt.aml", table)
    let image = try build(
      "cloud", [("\"compression\"", "\"early\": { \"acpi\": [\"./ssdt.aml\"] }, \"compression\"")])
    let result = try Boot.boot("cloud", image)
    let found = "ACPI: SSDT ACPI table found in initrd [kernel/firmware/acpi/ssdt.aml][0x24]"
    #expect(result.text.contains(found), "\(result.text.prefix(3000))")
    #expect(result.text.contains("Table Upgrade: install [SSDT-MKINIT-EARLY   ]"))
    #expect(result.text.contains(Self.proof))
  }

  @Test func rootIsNotMountedWithoutSoftDependency() throws {
    // Proves that the generic kernel in the test above boots because of the soft dependency.
    let image = try build("generic", [("\"include\"", "\"softdeps\": false, \"include\"")])
    let result = try Boot.boot("generic", image)
    #expect(result.status == 1)
    #expect(
      result.text.contains("linuxrc: could not mount /dev/vda as ext4"),
      "\(result.text.suffix(3000))")
  }

  /// A kernel command line, and the lines that it must cause on the console.
  struct Override: Sendable {
    var append: String
    var seen: [String]
    var boots = true
  }

  @Test(arguments: [
    Override(append: "root=LABEL=mkinitrd rootfstype=ext4 rw debug", seen: ["as ext4 with ro,rw"]),
    Override(
      append: "\"root=/dev/vda\" rootflags=noatime init=/sbin/init one -- two",
      seen: ["arguments: /sbin/init one two"]),
    Override(
      append: "rootwait debug", seen: ["linuxrc: loading virtio", "linuxrc: mounting /dev/vda"]),
    Override(
      append: "root=/dev/vdz rootwait=1",
      seen: ["linuxrc: no root device /dev/vdz after 1 s; block devices here: vda", "Power down"],
      boots: false),
    Override(
      append: "rootfstype=vfat", seen: ["linuxrc: could not mount /dev/vda as vfat"], boots: false),
    Override(
      append: "init=/sbin/none", seen: ["linuxrc: there is no program /sbin/none on /dev/vda"],
      boots: false),
    Override(
      append: "modprobe.blacklist=virtio-blk rootdelay=1",
      seen: ["linuxrc: not loading virtio_blk", "block devices here: none"], boots: false),
  ])
  func commandLineOverridesManifest(_ override: Override) throws {
    let result = try Boot.boot("cloud", try build("cloud"), append: override.append)
    #expect((result.status == 0) == override.boots)
    for text in override.seen {
      #expect(result.text.contains(text), "\(text) in \(result.text.suffix(3000))")
    }
  }

  @Test(arguments: [
    ("panic", "Attempted to kill init"), ("reboot", "reboot: Restarting system"),
    ("poweroff", "reboot: Power down"), ("halt", "reboot: System halted"),
    ("shell", "linuxrc: a shell follows"),
  ])
  func onFailureDecidesHowAFailureEnds(failure: String, seen: String) throws {
    let image = try build("cloud", [("\"poweroff\"", "\"\(failure)\"")])
    // A halted machine and a shell do not end, so QEMU is stopped at this line.
    let stays = ["halt", "shell"].contains(failure)
    let result = try Boot.boot(
      "cloud", image, append: "root=/dev/none rootwait=0",
      environment: stays ? ["BOOT_UNTIL": seen] : [:])
    #expect(result.status == 1)
    #expect(result.text.contains("linuxrc: no root device /dev/none after 0 s"))
    #expect(result.text.contains(seen), "\(result.text.suffix(3000))")
  }

  @Test func programRunsInInitramfsWithoutRoot() throws {
    let image = try build(
      "cloud",
      [
        (
          #""root": { "device": "/dev/vda", "fstype": "ext4" },"#,
          #""root": null, "environment": { "GREETING": "it's $HOME", "root": "/x", "name": "web", "PATH": "/nowhere", "device": "d" },"#
        ),
        (
          #"["/sbin/init"]"#,
          #"["/bin/sh", "-c", "echo \"got: $GREETING $1 $root $name $device $PATH\" >/dev/console; exec /sbin/poweroff -f", "sh", "a 'b' c"]"#
        ),
      ])
    let result = try Boot.boot("cloud", image)
    #expect(
      result.text.contains("got: it's $HOME a 'b' c /x web d /nowhere"),
      "\(result.text.suffix(3000))")
  }

  @Test func initWaitsForALateDisk() throws {
    // The disk is plugged in when the init is already waiting for it.
    let image = try build(
      "cloud",
      [
        ("\"fstype\": \"ext4\" }", "\"fstype\": \"ext4\", \"timeout\": 120 }"),
        ("\"virtio_blk\"", "\"virtio_blk\", { \"name\": \"acpiphp\", \"optional\": true }"),
      ])
    let kernel = try Checkout.kernel(of: "cloud", "vmlinuz")
    let script = """
      mkfifo monitor; exec 3<>monitor; : >console
      timeout 300 qemu-system-x86_64 -M pc -cpu max -m 512 -nodefaults -no-reboot -display none \
        -accel tcg -monitor stdio -serial file:console -kernel '\(kernel)' -initrd '\(image)' \
        -drive file='\(Boot.root)',if=none,id=late,format=raw,snapshot=on \
        -append 'console=ttyS0 panic=-1 cryptomgr.notests' <monitor >/dev/null &
      until grep -q modules-loaded console; do sleep 0.2; done; sleep 1
      echo 'device_add virtio-blk-pci,drive=late' >&3
      wait; tr -d '\r' <console
      """
    let result = try run("bash", ["-c", script], in: folder.url)
    #expect(result.text.contains(Self.proof), "\(result.text.suffix(3000))")
  }
}
