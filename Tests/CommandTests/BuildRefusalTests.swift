import Foundation
import TestSupport
import Testing

/// Invalid input of `build`: an error, exit status 1, and nothing written.
@Suite struct BuildRefusalTests {
  private let trial: BuildTrial

  init() throws { trial = try BuildTrial() }

  /// A change to the sample manifest, and the expected message.
  struct Refusal: CustomTestStringConvertible, Sendable {
    var what: String
    var old = ""
    var new = ""
    var arguments: [String] = []
    var message: String
    var testDescription: String { what }
  }

  @Test(arguments: [
    Refusal(
      what: "syntax", old: "\"sample\",", new: "\"sample\"",
      message: "manifest.json:4:3: error: expected \",\" or \"}\", found \"\"\""),
    Refusal(
      what: "unknown key", old: "\"modules\"", new: "\"modlues\"",
      message: "manifest.json:5:3: error: unknown key \"modlues\"; did you mean \"modules\"?"),
    Refusal(
      what: "wrong type", old: "\"sample\"", new: "7",
      message: "manifest.json:3:11: error: expected a string, found a number"),
    Refusal(
      what: "key of a later version", old: "\"name\": \"sample\"", new: "\"extends\": []",
      message: "manifest.json:3:3: error: \"extends\" is not supported yet"),
    Refusal(
      what: "missing file", old: "\"init\"",
      new: "\"files\": [{\"source\": \"/etc/none\", \"dest\": \"/etc/none\"}], \"init\"",
      message: "manifest.json:6:13: error: no file at root/etc/none"),
    Refusal(
      what: "missing module", old: "virtio_blk", new: "virtio_blkk",
      message:
        "manifest.json:5:28: error: no module \"virtio_blkk\" in this kernel; did you mean \"virtio_blk\"?"
    ),
    Refusal(
      what: "name over the limit", old: "\"init\"",
      new: "\"directories\": [\"/\(String(repeating: "x", count: 256))\"], \"init\"",
      message: "error: a name of 256 bytes"),
    Refusal(
      what: "conflicting entries", old: "\"init\"",
      new:
        "\"files\": [{\"content\": \"\", \"dest\": \"/a\"}], \"directories\": [\"/a/b\"], \"init\"",
      message: "error: /a is requested both as a directory and as something else"),
    Refusal(
      what: "output into a missing folder", arguments: ["-o", "nowhere/initrd.img"],
      message: "nowhere/initrd.img: error: the directory to write to does not exist"),
    Refusal(
      what: "missing sysroot", arguments: ["--sysroot", "nowhere"],
      message: "nowhere: error: the sysroot does not exist"),
    Refusal(
      what: "missing baseline", arguments: ["--baseline", "nowhere.img"],
      message: "nowhere.img: error: the baseline image does not exist"),
    Refusal(
      what: "unknown release", arguments: ["--kernel-release", "9.9"],
      message: "error: the sysroot has no files of the kernel 9.9; use one of: 6.1.0-sample"),
    Refusal(
      what: "codec that the kernel lacks", old: "\"init\"",
      new: "\"compression\": \"xz\", \"init\"",
      message: "can't decode xz: CONFIG_RD_XZ is not set"),
    Refusal(
      what: "excluded and needed", old: "[\"virtio_blk\", \"ext4\"]",
      new: "[\"virtio_blk\"], \"exclude\": [\"virtio_ring\"]",
      message: "error: modules.exclude removes virtio_ring, which virtio_blk needs"),
    Refusal(
      what: "blacklisted and needed", old: "[\"virtio_blk\", \"ext4\"]",
      new: "[\"virtio_blk\"], \"blacklist\": [\"virtio-ring\"]",
      message:
        "error: modules.blacklist prevents the loading of virtio_ring, which virtio_blk needs"),
    Refusal(
      what: "applet that busybox lacks", old: "\"init\"",
      new: "\"busybox\": {\"applets\": [\"modprob\"]}, \"init\"",
      message: "has no applet \"modprob\"; did you mean \"modprobe\"?"),
    Refusal(
      what: "budget of the image", old: "\"init\"", new: "\"budget\": {\"image\": 100}, \"init\"",
      message: "bytes, but the budget is 100; the largest entries are /init ("),
    Refusal(
      what: "budget of entries", old: "\"init\"",
      new: "\"budget\": {\"entries\": 3, \"unpacked\": \"1KiB\"}, \"init\"",
      message: "entries, but the budget is 3; "),
    Refusal(
      what: "image over the manifest", arguments: ["-o", "manifest.json"],
      message: "manifest.json: error: the output is manifest.json, a source of the image"),
    Refusal(
      what: "image over an input", arguments: ["-o", "root/bin/busybox"],
      message: "the output is root/bin/busybox, a source of the image"),
    Refusal(
      what: "dependency file over the image", arguments: ["--depfile", "out/initrd.img"],
      message: "error: the image and the list of its inputs can't be one file"),
    Refusal(
      what: "dependency file into a missing folder", arguments: ["--depfile", "nowhere/x.d"],
      message: "nowhere/x.d: error: the directory to write to does not exist"),
    Refusal(
      what: "release that is not there", arguments: ["--kernel-release", "6.1.0-smaple"],
      message: "the sysroot has no files of the kernel 6.1.0-smaple; did you mean \"6.1.0-sample\"?"
    ),
    Refusal(
      what: "module of another release", old: "[\"virtio_blk\", \"ext4\"]",
      new: "[\"/lib/modules/9.9/kernel/fs/ext4/ext4.ko\"]",
      message: "is not in the module tree of 6.1.0-sample"),
    Refusal(
      what: "no busybox for the init", old: "\"init\"", new: "\"busybox\": null, \"init\"",
      message: "the template needs applets of busybox, but there is no busybox"),
    Refusal(
      what: "no applets for the init", old: "\"init\"",
      new: "\"busybox\": {\"applets\": \"none\"}, \"init\"",
      message: "the template needs these applets: sh mount modprobe switch_root"),
    Refusal(
      what: "template that can't run", old: "\"init\": {",
      new: "\"init\": { \"template\": \"./manifest.json\",",
      message: "this template is neither a script nor a program"),
    Refusal(
      what: "foreign program", old: "\"init\"",
      new: "\"files\": [{\"source\": \"./arm\", \"dest\": \"/arm\"}], \"init\"",
      message: "this file is for aarch64, but the image is for x86_64"),
    Refusal(
      what: "folder for a file", old: "\"init\"",
      new: "\"busybox\": {\"path\": \"./out\"}, \"init\"",
      message: "a directory, where a file is needed"),
    Refusal(
      what: "foreign machine", old: "\"name\"", new: "\"arch\": \"arm64\", \"name\"",
      message: "this file is for x86_64, but the image is for aarch64"),
    Refusal(
      what: "root without a driver", old: "\"virtio_blk\", ", new: "",
      message:
        "manifest.json:6:33: error: the root is on /dev/vda, but the driver, virtio_blk, is neither built in nor included; add \"virtio_blk\" to modules.include"
    ),
    Refusal(
      what: "root without a file system", old: ", \"ext4\"]", new: "]",
      message:
        "manifest.json:6:55: error: the root's file system ext4 is neither built in nor included; add \"ext4\" to modules.include"
    ),
    Refusal(
      what: "file system that is none", old: "\"fstype\": \"ext4\"",
      new: "\"fstype\": \"nosuchfs\"",
      message: "manifest.json:6:55: error: this kernel has no file system \"nosuchfs\""),
    Refusal(
      what: "root that the init can't set up", old: "/dev/vda", new: "/dev/mapper/vg-root",
      message: "manifest.json:6:33: error: the root /dev/mapper/vg-root can't be mounted: "),
    Refusal(
      what: "optional driver that is missing", old: "\"virtio_blk\"",
      new: "{ \"name\": \"none\", \"optional\": true }",
      message: "add \"virtio_blk\" to modules.include"),
    Refusal(
      what: "nothing to start", old: "{ \"device\": \"/dev/vda\", \"fstype\": \"ext4\" }",
      new: "null",
      message: "there is no root to mount, so init starts /sbin/init, which does not exist"),
    Refusal(
      what: "no init", old: "\"init\": {", new: "\"init\": { \"template\": \"none\",",
      message: "manifest.json: error: /init does not exist; add a file with \"dest\": \"/init\""),
    Refusal(
      what: "init for another machine", old: "\"init\": {",
      new:
        "\"files\": [{\"source\": \"./arm\", \"dest\": \"/init\"}], \"init\": { \"template\": \"none\",",
      message: "this file is for aarch64"),
    Refusal(
      what: "kernel image that is none", old: "\"init\"",
      new: "\"kernel\": {\"image\": \"bin/busybox\"}, \"init\"",
      message:
        "manifest.json:6:23: error: kernel.image: root/bin/busybox: not a kernel image: this is an ELF program or library; "
    ),
  ])
  func badInputIsRefused(_ refusal: Refusal) throws {
    try trial.sysroot.folder.write("out/initrd.img", "the old image")
    var manifest = sampleManifest
    if !refusal.old.isEmpty {
      #expect(manifest.contains(refusal.old))
      manifest = manifest.replacing(refusal.old, with: refusal.new, maxReplacements: 1)
    }
    try trial.sysroot.folder.write("arm", SampleSysroot.elf(.arm), mode: 0o755)
    if refusal.what.hasPrefix("codec") {
      try trial.sysroot.folder.write(
        "root/boot/config-\(SampleSysroot.release)", "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n")
    }
    let result = try trial.build(manifest, refusal.arguments)
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(refusal.message), "\(result.errors)")
    #expect(try trial.outFolder == ["initrd.img"])
    #expect(try trial.image() == Data("the old image".utf8))
  }

  /// A change to the sample sysroot, and the expected message.
  struct Damage: CustomTestStringConvertible, Sendable {
    var what: String
    var script: String
    var message: String
    var testDescription: String { what }
  }

  @Test(arguments: [
    Damage(
      what: "several kernels", script: "cp -a root/lib/modules/6.1.0-sample root/lib/modules/6.2",
      message:
        "error: the sysroot has several kernels: 6.1.0-sample, 6.2; choose one with --kernel-release"
    ),
    Damage(
      what: "no modules",
      script: "cd root/lib/modules/* && rm -r modules.dep kernel && touch modules.order",
      message: "error: the module tree has neither modules.dep nor modules"),
    Damage(
      what: "truncated compressed module",
      script: """
        cd root/lib/modules/*; gzip -c kernel/lib/crc16.ko | head -c 30 > kernel/lib/crc16.ko.gz; \
        rm kernel/lib/crc16.ko; sed -i 's/crc16.ko/crc16.ko.gz/' modules.dep
        """, message: "kernel/lib/crc16.ko.gz: byte "),
    Damage(
      what: "module cut short", script: "truncate -s 20 root/lib/modules/*/kernel/lib/crc16.ko",
      message: "kernel/lib/crc16.ko: error: this is not an ELF file"),
    Damage(
      what: "module of another kernel",
      script: "sed -i s/vermagic=6.1.0/vermagic=6.1.1/ root/lib/modules/*/kernel/lib/crc16.ko",
      message: "kernel/lib/crc16.ko: error: this module is for the kernel 6.1.1-sample, "),
    Damage(
      what: "module file missing", script: "rm root/lib/modules/*/kernel/lib/crc16.ko",
      message: "modules.dep lists kernel/lib/crc16.ko, but this file does not exist"),
    Damage(
      what: "fifo for a module",
      script: "cd root/lib/modules/*/kernel/lib && rm crc16.ko && mkfifo crc16.ko",
      message: "crc16.ko: error: not a regular file"),
    Damage(
      what: "no busybox", script: "rm root/bin/busybox",
      message: "error: busybox: no file at root/bin/busybox"),
    Damage(
      what: "link to the outside", script: "ln -sf /etc/hostname root/bin/busybox",
      message: "error: busybox: no file at root/bin/busybox"),
    Damage(
      what: "target is a folder", script: "rm -f out/initrd.img; mkdir out/initrd.img",
      message: "out/initrd.img: error: the target exists and is not a regular file"),
    Damage(
      what: "kernel without initramfs",
      script: "echo CONFIG_RD_GZIP=y > root/boot/config-6.1.0-sample",
      message: "this kernel does not support an initramfs: CONFIG_BLK_DEV_INITRD is not set"),
  ])
  func damagedSysrootsAreRefused(_ damage: Damage) throws {
    let damaged = try run("sh", ["-ec", damage.script], in: trial.sysroot.folder.url)
    #expect(damaged.status == 0, "\(damaged.errors)")
    let result = try trial.build(sampleManifest)
    #expect(result.status == 1)
    #expect(result.errors.contains(damage.message), "\(result.errors)")
    #expect(try trial.outFolder.filter { $0 != "initrd.img" }.isEmpty)
  }

  @Test func unreadableFilesAreRefused() throws {
    // Root can read every file, so another user must run the build.
    guard getuid() == 0 else { return }
    try trial.sysroot.folder.write("manifest.json", sampleManifest)
    let result = try run(
      "sh",
      [
        "-c",
        """
        chmod 755 . root; find root -exec chmod a+rX {} +; chmod 777 out; \
        cp '\(Mkinitrd.path)' tool; chmod 755 tool; chmod 000 root/lib/modules/*/kernel/lib/crc16.ko; \
        setpriv --reuid 65534 --regid 65534 --clear-groups ./tool build manifest.json
        """,
      ], in: trial.sysroot.folder.url)
    #expect(result.status == 1)
    #expect(
      result.errors.contains("kernel/lib/crc16.ko: error: can't open: Permission denied"),
      "\(result.errors)")
    #expect(try trial.outFolder.isEmpty)
  }

  @Test(arguments: [SampleSysroot.Machine.x86, .arm])
  func unusableBusyboxesAreRefused(machine: SampleSysroot.Machine) throws {
    let isForeign = machine == .arm
    try trial.sysroot.folder.write(
      "root/bin/busybox", SampleSysroot.busybox(machine, dynamic: !isForeign))
    let result = try trial.build(sampleManifest)
    #expect(result.status == 1)
    let message =
      isForeign
      ? "root/bin/busybox: error: this file is for aarch64, but the image is for x86_64"
      : "root/bin/busybox: error: this busybox is dynamic"
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try trial.outFolder.isEmpty)
  }

  @Test func allMissingItemsAreReported() throws {
    let result = try trial.build(
      sampleManifest.replacing("[\"virtio_blk\", \"ext4\"]", with: "[\"nope\", \"neither\"]")
        .replacing(
          "\"init\"", with: "\"files\": [{\"source\": \"/gone\", \"dest\": \"/gone\"}], \"init\""))
    #expect(result.status == 1)
    for name in ["nope", "neither", "/gone"] { #expect(result.errors.contains(name)) }
  }

  @Test(arguments: [
    ["build"], ["build", "a.json", "b.json"], ["--nonsense"], ["build", "--baseline"],
    ["biuld", "a"],
    ["list"], ["inspect", "a", "b"], ["build", ""], ["build", "a", "-o", ""],
    ["build", "a", "-o", "-", "--depfile", "x"], ["build", "a", "--baseline", "12Q"],
    ["build", "a", "--baseline", ""], ["list", "a", "--memory", "0"],
    ["list", "a", "--max-unpacked", "5 MiB"], ["append", "a", "--file", "garbage"],
    ["append", "a", "--file", "x:/y:99"],
    ["append", "a", "--file", "x:/y", "--compression", "foo"],
    ["append", "-", "--file", "x:/y"], ["check", "a", "--kernel-version", "new"],
    ["list", "a", "-l", "--json"], ["schema", "nothing"], ["build", "a", "--json", "--quiet"],
  ])
  func wrongCommandLinesAreUsageErrors(arguments: [String]) throws {
    #expect(try Mkinitrd.run(arguments).status == 64)
  }

  @Test(arguments: [
    ["--help"], ["build", "--help"], ["list", "--help"], ["inspect", "--help"],
    ["append", "--help"],
  ])
  func helpHasAnExample(arguments: [String]) throws {
    let result = try Mkinitrd.run(arguments)
    #expect(result.status == 0)
    #expect(result.text.contains("Example: mkinitrd-swift "))
  }
}
