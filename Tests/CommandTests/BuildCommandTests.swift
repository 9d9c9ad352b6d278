import Foundation
import TestSupport
import Testing

@Suite struct BuildCommandTests {
  private let sysroot: SampleSysroot

  init() throws {
    sysroot = try SampleSysroot()
    try FileManager.default.createDirectory(
      at: sysroot.folder / "out", withIntermediateDirectories: true)
  }

  private func build(
    _ manifest: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> CommandResult {
    try sysroot.folder.write("manifest.json", manifest)
    return try Mkinitrd.run(
      ["build", "manifest.json"] + arguments, in: sysroot.folder.url, environment: environment)
  }

  private func image(_ name: String = "out/initrd.img") throws -> Data {
    try Data(contentsOf: sysroot.folder / name)
  }

  private var outFolder: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: sysroot.folder.path("out")).sorted()
    }
  }

  // MARK: What it does

  @Test func reportsSizeModulesAndReasons() throws {
    let result = try build(sampleManifest)
    #expect(result.status == 0, "\(result.errors)")
    let size = try image().count
    let k = (size + 4095) / 4096 * 4
    #expect(result.text.hasPrefix("sample: \(k)K against the original 19784K: "))
    for part in [
      "times smaller", "virtio_blk", "asked for by \"virtio_blk\"", "needed by ",
      "ext4 has a soft dependency on crypto-crc32c", "zstd at level 19", "SHA-256",
      "loaded in this order: virtio virtio_ring virtio_blk crc32c_intel crc32c_generic ",
    ] { #expect(result.text.contains(part), "\(part) in \(result.text)") }
    #expect(try outFolder == ["initrd.img"])
    let mode = try FileManager.default.attributesOfItem(
      atPath: sysroot.folder.path("out/initrd.img"))[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test func jsonReportIsJSON() throws {
    let result = try build(sampleManifest, ["--json", "--baseline", "64"])
    let object = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
    let size = object?["size"] as? [String: Any]
    #expect(size?["bytes"] as? Int == (try image().count))
    #expect(size?["baselineK"] as? Int == 4)
    #expect((object?["modules"] as? [Any])?.count == 8)
    let sha256 = try run("sha256sum", [sysroot.folder.path("out/initrd.img")]).text.prefix(64)
    #expect(object?["sha256"] as? String == String(sha256))
  }

  @Test func sameBytesWhateverTheSurroundings() throws {
    _ = try build(sampleManifest)
    let first = try image()
    let surroundings: [[String: String]] = [
      ["TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"], ["HOME": "/nowhere", "USER": "nobody"],
      ["SOURCE_DATE_EPOCH": "1234567890", "LANG": "C"],
    ]
    for environment in surroundings {
      _ = try build(sampleManifest, environment: environment)
      #expect(try image() == first, "\(environment)")
    }
    try sysroot.folder.write("manifest.json", sampleManifest)
    let masked = try run(
      "sh", ["-c", "umask 077; \(Mkinitrd.path) build manifest.json"], in: sysroot.folder.url)
    #expect(masked.status == 0, "\(masked.errors)")
    #expect(try image() == first)
    // Written anew in another order, with other times: another directory order on the disk.
    let other = try SampleSysroot(dependencies: SampleSysroot.dependencies.reversed())
    _ = try build(sampleManifest, ["--sysroot", other.path])
    #expect(try image() == first)
  }

  @Test func sameBytesAsAnotherUser() throws {
    guard getuid() == 0 else { return }
    _ = try build(sampleManifest)
    let first = try image()
    // The folders on the way must let the other user in.
    let result = try run(
      "sh",
      [
        "-c",
        """
        chmod 755 . root && find root -exec chmod a+rX {} + && mkdir mine && chmod 777 mine && \
        cp '\(Mkinitrd.path)' tool && chmod 755 tool && \
        setpriv --reuid 65534 --regid 65534 --clear-groups ./tool build manifest.json -o mine/initrd.img
        """,
      ], in: sysroot.folder.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try image("mine/initrd.img") == first)
  }

  @Test func pathsAreFoundFromTheManifestsFolder() throws {
    try sysroot.folder.write("manifest.json", sampleManifest)
    let result = try Mkinitrd.run(["build", sysroot.folder.path("manifest.json")])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try outFolder == ["initrd.img"])
  }

  @Test func optionsOverrideTheManifest() throws {
    let result = try build(
      sampleManifest,
      ["-o", "other.img", "--sysroot", sysroot.path, "--kernel-release", SampleSysroot.release])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try outFolder.isEmpty)
    #expect(try image("other.img").count > 0)
  }

  @Test func hardLinksStayHardLinks() throws {
    try sysroot.folder.write("root/usr/bin/one", "content\n", mode: 0o755)
    try FileManager.default.linkItem(
      at: sysroot.folder / "root/usr/bin/one", to: sysroot.folder / "root/usr/bin/two")
    let files = #"""
      , "compression": "none", "files": [{"source": "/usr/bin/two", "dest": "/a"},
      {"source": "/usr/bin/one", "dest": "/b"}, {"source": "/usr/bin/one", "dest": "/c", "uid": 1}]
      """#
    let result = try build(
      sampleManifest.replacing("\"init\"", with: "\"name2\"", maxReplacements: 0)
        .dropLast(1) + files + "}")
    #expect(result.status == 0, "\(result.errors)")
    let list = try run("cpio", ["-itv", "--quiet"], input: try image()).text
    let sizes = list.split(separator: "\n").filter {
      $0.hasSuffix(" a") || $0.hasSuffix(" b") || $0.hasSuffix(" c")
    }
    .map { $0.split(separator: " ") }.map { "\($0[1]) \($0[4])" }
    #expect(sizes == ["2 0", "2 8", "1 8"])
  }

  @Test func dryRunTellsEveryEntryAndWritesNothing() throws {
    let result = try build(sampleManifest, ["--dry-run"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try outFolder.isEmpty)
    for part in [
      "5:1  /dev/console", "/linuxrc -> init", "needed by virtio_blk",
      "the kernel runs it first",
    ] { #expect(result.text.contains(part), "\(part) in \(result.text)") }
    _ = try build(sampleManifest)
    let listed = try Mkinitrd.run(["list", "out/initrd.img"], in: sysroot.folder.url)
    let paths = result.text.split(separator: "\n").filter { $0.contains("  /") }.count
    #expect(paths == listed.text.split(separator: "\n").count)
    let json = try build(sampleManifest, ["-n", "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
    #expect((object?["entries"] as? [Any])?.count == paths)
  }

  @Test func makeRebuildsWhenAnInputChanges() throws {
    let odd = "root/etc/odd #name$ here"
    try sysroot.folder.write(odd, "x")
    let manifest = sampleManifest.replacing(
      "\"init\"",
      with: "\"files\": [{\"source\": \"/etc/odd #name$ here\", \"dest\": \"/odd\"}], \"init\"")
    let result = try build(manifest, ["--depfile", "out/initrd.d"])
    #expect(result.status == 0, "\(result.errors)")
    try sysroot.folder.write("Makefile", "out/initrd.img:\n\tfalse\ninclude out/initrd.d\n")
    func isUpToDate() throws -> Bool {
      try run("make", ["-q", "out/initrd.img"], in: sysroot.folder.url).status
        == 0
    }
    func touch(_ name: String, _ time: String) throws {
      _ = try run("touch", ["-d", time, sysroot.folder.path(name)])
    }
    _ = try run("sh", ["-c", "find . -exec touch -d 2020-01-01 {} +"], in: sysroot.folder.url)
    try touch("out/initrd.img", "2021-01-01")
    #expect(try isUpToDate())
    let tree = "root/lib/modules/\(SampleSysroot.release)"
    for input in [
      "manifest.json", odd, "root/bin/busybox", "\(tree)/modules.dep", "\(tree)/modules.softdep",
      "\(tree)/kernel/fs/ext4/ext4.ko", "root/boot/config-\(SampleSysroot.release)",
    ] {
      try touch(input, "2022-01-01")
      #expect(try !isUpToDate(), "\(input)")
      try touch(input, "2020-01-01")
    }
    try touch("\(tree)/kernel/drivers/net/dummy.ko", "2022-01-01")
    #expect(try isUpToDate(), "what is not in the image counts for nothing")
    try FileManager.default.removeItem(at: sysroot.folder / odd)
    #expect(try !isUpToDate())
  }

  // MARK: What it refuses

  /// A change to the sample manifest, and what must be said of it.
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
      what: "key of a later version", old: "\"name\": \"sample\"", new: "\"trees\": []",
      message: "manifest.json:3:3: error: \"trees\" is not built in this version"),
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
      message: "error: /a is asked for both as a directory and as something else"),
    Refusal(
      what: "output into a missing folder", arguments: ["-o", "nowhere/initrd.img"],
      message: "nowhere/initrd.img: error: the folder to write to does not exist"),
    Refusal(
      what: "missing sysroot", arguments: ["--sysroot", "nowhere"],
      message: "nowhere: error: no such sysroot"),
    Refusal(
      what: "missing baseline", arguments: ["--baseline", "nowhere.img"],
      message: "nowhere.img: error: no image to compare with"),
    Refusal(
      what: "unknown release", arguments: ["--kernel-release", "9.9"],
      message: "error: nothing of a kernel 9.9 in the sysroot; there are: 6.1.0-sample"),
    Refusal(
      what: "codec that the kernel lacks", old: "\"init\"",
      new: "\"compression\": \"xz\", \"init\"",
      message: "can't decode xz: CONFIG_RD_XZ is not set"),
    Refusal(
      what: "excluded and needed", old: "[\"virtio_blk\", \"ext4\"]",
      new: "[\"virtio_blk\"], \"exclude\": [\"virtio_ring\"]",
      message: "error: modules.exclude takes virtio_ring away, which virtio_blk needs"),
    Refusal(
      what: "blacklisted and needed", old: "[\"virtio_blk\", \"ext4\"]",
      new: "[\"virtio_blk\"], \"blacklist\": [\"virtio-ring\"]",
      message:
        "error: modules.blacklist keeps virtio_ring from being loaded, which virtio_blk needs"),
    Refusal(
      what: "applet that busybox lacks", old: "\"init\"",
      new: "\"busybox\": {\"applets\": [\"modprob\"]}, \"init\"",
      message: "has no applet \"modprob\"; did you mean \"modprobe\"?"),
    Refusal(
      what: "budget of the image", old: "\"init\"", new: "\"budget\": {\"image\": 100}, \"init\"",
      message: "bytes, and the budget is 100; the largest are /init ("),
    Refusal(
      what: "budget of entries", old: "\"init\"",
      new: "\"budget\": {\"entries\": 3, \"unpacked\": \"1KiB\"}, \"init\"",
      message: "entries, and the budget is 3; "),
    Refusal(
      what: "image over the manifest", arguments: ["-o", "manifest.json"],
      message: "manifest.json: error: the output is manifest.json, which the image is made from"),
    Refusal(
      what: "image over an input", arguments: ["-o", "root/bin/busybox"],
      message: "the output is root/bin/busybox, which the image is made from"),
    Refusal(
      what: "dependency file over the image", arguments: ["--depfile", "out/initrd.img"],
      message: "error: the image and the list of its inputs can't be one file"),
    Refusal(
      what: "dependency file into a missing folder", arguments: ["--depfile", "nowhere/x.d"],
      message: "nowhere/x.d: error: the folder to write to does not exist"),
    Refusal(
      what: "release that is not there", arguments: ["--kernel-release", "6.1.0-smaple"],
      message: "nothing of a kernel 6.1.0-smaple in the sysroot; did you mean \"6.1.0-sample\"?"),
    Refusal(
      what: "module of another release", old: "[\"virtio_blk\", \"ext4\"]",
      new: "[\"/lib/modules/9.9/kernel/fs/ext4/ext4.ko\"]",
      message: "is in the tree of another kernel than 6.1.0-sample"),
    Refusal(
      what: "no busybox for the init", old: "\"init\"", new: "\"busybox\": null, \"init\"",
      message: "the template needs applets of busybox, and there is no busybox"),
    Refusal(
      what: "no applets for the init", old: "\"init\"",
      new: "\"busybox\": {\"applets\": \"none\"}, \"init\"",
      message: "the template needs these applets: sh mount modprobe switch_root"),
    Refusal(
      what: "template that can't run", old: "\"init\": {",
      new: "\"init\": { \"template\": \"./manifest.json\",",
      message: "a template is a script or a program"),
    Refusal(
      what: "foreign program", old: "\"init\"",
      new: "\"files\": [{\"source\": \"./arm\", \"dest\": \"/arm\"}], \"init\"",
      message: "this file is for aarch64, and the image for x86_64"),
    Refusal(
      what: "folder for a file", old: "\"init\"",
      new: "\"files\": [{\"source\": \"./out\", \"dest\": \"/x\"}], \"init\"",
      message: "a folder, where a file is needed"),
    Refusal(
      what: "foreign machine", old: "\"name\"", new: "\"arch\": \"arm64\", \"name\"",
      message: "this file is for x86_64, and the image for aarch64"),
  ])
  func badInputIsRefused(_ refusal: Refusal) throws {
    try sysroot.folder.write("out/initrd.img", "the old image")
    var manifest = sampleManifest
    if !refusal.old.isEmpty {
      #expect(manifest.contains(refusal.old))
      manifest = manifest.replacing(refusal.old, with: refusal.new, maxReplacements: 1)
    }
    try sysroot.folder.write("arm", SampleSysroot.elf(.arm), mode: 0o755)
    if refusal.what.hasPrefix("codec") {
      try sysroot.folder.write(
        "root/boot/config-\(SampleSysroot.release)", "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n")
    }
    let result = try build(manifest, refusal.arguments)
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(refusal.message), "\(result.errors)")
    #expect(try outFolder == ["initrd.img"])
    #expect(try image() == Data("the old image".utf8))
  }

  /// A change to the sample sysroot, and what must be said of it.
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
        "error: several kernels in the sysroot: 6.1.0-sample, 6.2; choose one with --kernel-release"
    ),
    Damage(
      what: "no depmod", script: "rm root/lib/modules/*/modules.dep",
      message: "error: no modules.dep in the module tree; run depmod -b root 6.1.0-sample"),
    Damage(
      what: "truncated compressed module",
      script: """
        cd root/lib/modules/*; gzip -c kernel/lib/crc16.ko | head -c 30 > kernel/lib/crc16.ko.gz; \
        rm kernel/lib/crc16.ko; sed -i 's/crc16.ko/crc16.ko.gz/' modules.dep
        """, message: "kernel/lib/crc16.ko.gz: byte "),
    Damage(
      what: "module cut short", script: "truncate -s 20 root/lib/modules/*/kernel/lib/crc16.ko",
      message: "kernel/lib/crc16.ko: error: not an ELF file"),
    Damage(
      what: "module file missing", script: "rm root/lib/modules/*/kernel/lib/crc16.ko",
      message: "modules.dep lists kernel/lib/crc16.ko, and there is no such file"),
    Damage(
      what: "fifo for a module",
      script: "cd root/lib/modules/*/kernel/lib && rm crc16.ko && mkfifo crc16.ko",
      message: "crc16.ko: error: not a regular file"),
    Damage(
      what: "no busybox", script: "rm root/bin/busybox",
      message: "error: no busybox at root/bin/busybox"),
    Damage(
      what: "link to the outside", script: "ln -sf /etc/hostname root/bin/busybox",
      message: "error: no busybox at root/bin/busybox"),
    Damage(
      what: "target is a folder", script: "rm -f out/initrd.img; mkdir out/initrd.img",
      message: "out/initrd.img: error: the target exists and is not a regular file"),
    Damage(
      what: "kernel without initramfs",
      script: "echo CONFIG_RD_GZIP=y > root/boot/config-6.1.0-sample",
      message: "this kernel takes no initramfs: CONFIG_BLK_DEV_INITRD is not set"),
  ])
  func damagedSysrootsAreRefused(_ damage: Damage) throws {
    let damaged = try run("sh", ["-ec", damage.script], in: sysroot.folder.url)
    #expect(damaged.status == 0, "\(damaged.errors)")
    let result = try build(sampleManifest)
    #expect(result.status == 1)
    #expect(result.errors.contains(damage.message), "\(result.errors)")
    #expect(try outFolder.filter { $0 != "initrd.img" }.isEmpty)
  }

  @Test func unreadableFilesAreRefused() throws {
    // Root reads everything, so somebody else must try.
    guard getuid() == 0 else { return }
    try sysroot.folder.write("manifest.json", sampleManifest)
    let result = try run(
      "sh",
      [
        "-c",
        """
        chmod 755 . root; find root -exec chmod a+rX {} +; chmod 777 out; \
        cp '\(Mkinitrd.path)' tool; chmod 755 tool; chmod 000 root/lib/modules/*/kernel/lib/crc16.ko; \
        setpriv --reuid 65534 --regid 65534 --clear-groups ./tool build manifest.json
        """,
      ], in: sysroot.folder.url)
    #expect(result.status == 1)
    #expect(
      result.errors.contains("kernel/lib/crc16.ko: error: can't open: Permission denied"),
      "\(result.errors)")
    #expect(try outFolder.isEmpty)
  }

  @Test(arguments: [SampleSysroot.Machine.x86, .arm])
  func unfitBusyboxesAreRefused(machine: SampleSysroot.Machine) throws {
    let isForeign = machine == .arm
    try sysroot.folder.write(
      "root/bin/busybox", SampleSysroot.busybox(machine, dynamic: !isForeign))
    let result = try build(sampleManifest)
    #expect(result.status == 1)
    let message =
      isForeign
      ? "root/bin/busybox: error: this file is for aarch64, and the image for x86_64"
      : "root/bin/busybox: error: this busybox is dynamic"
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try outFolder.isEmpty)
  }

  @Test func theOldImageMayBeTheBaseline() throws {
    try sysroot.folder.write("out/initrd.img", [UInt8](repeating: 0, count: 100 << 10))
    let result = try build(sampleManifest, ["--baseline", "out/initrd.img"])
    #expect(result.text.contains("against out/initrd.img 100K: "), "\(result.text)")
    #expect(result.text.contains(" times smaller"))
  }

  @Test func linksAndFilesOfOthersAreNotWrittenThrough() throws {
    try sysroot.folder.write("precious", "precious")
    try FileManager.default.linkItem(
      at: sysroot.folder / "precious", to: sysroot.folder / "out/.initrd.img.mkinitrd-new")
    #expect(try build(sampleManifest).status == 0)
    #expect(try String(contentsOf: sysroot.folder / "precious", encoding: .utf8) == "precious")
    #expect(try outFolder == ["initrd.img"])
  }

  @Test func optionalThingsBecomeNotes() throws {
    let manifest = sampleManifest.replacing(
      "\"init\": {",
      with: #"""
        "kernel": { "image": { "name": "/boot/none", "optional": true } },
        "files": [{ "source": "/etc/none", "dest": "/none", "optional": true }],
        "init": { "template": "none",
        """#
    ).replacing(
      "\"name\": \"sample\",",
      with: #"""
        "name": "sample",
        "busybox": { "path": { "name": "bin/none", "optional": true }, "applets": "all" },
        """#)
    let result = try build(manifest)
    #expect(result.status == 0, "\(result.errors)")
    for note in [
      "note: kernel.image: there is none at root/boot/none",
      "note: files: no file at root/etc/none",
      "note: busybox: there is none at root/bin/none", "note: there is no /init",
    ] { #expect(result.text.contains(note), "\(note) in \(result.text)") }
  }

  @Test func manifestsMayComeThroughAPipe() throws {
    try sysroot.folder.write("manifest.json", sampleManifest)
    let script =
      "(sleep 0.3; cat manifest.json) | '\(Mkinitrd.path)' build /dev/stdin --sysroot root -o x.img"
    let result = try run("bash", ["-c", script], in: sysroot.folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func reportsThatCannotBeWrittenAreAnError() throws {
    try sysroot.folder.write("manifest.json", sampleManifest)
    let script = "'\(Mkinitrd.path)' build manifest.json >/dev/full"
    let full = try run("bash", ["-c", script], in: sysroot.folder.url)
    #expect(full.status == 1)
    #expect(full.errors.contains("standard output: error: can't write"), "\(full.errors)")
    let list = "'\(Mkinitrd.path)' list out/initrd.img | head -n 1; echo ${PIPESTATUS[0]}"
    let closed = try run("bash", ["-c", list], in: sysroot.folder.url)
    #expect(closed.errors.isEmpty)
  }

  @Test func namesFromTheSysrootCannotRewriteTheScreen() throws {
    let odd = "\u{1b}[2J"
    try sysroot.folder.write(
      "root/lib/modules/\(SampleSysroot.release)/modules.softdep", "softdep ext4 pre: x\(odd)\n")
    for arguments in [[], ["--kernel-release", odd], ["-o", "\(odd)/x.img"]] {
      let result = try build(sampleManifest, arguments)
      #expect(!result.text.contains("\u{1b}") && !result.errors.contains("\u{1b}"))
      #expect(result.text.contains("\\x1b") || result.errors.contains("\\x1b"))
    }
  }

  @Test func aBrokenNeighbourKernelIsNoMatter() throws {
    _ = try run("ln", ["-s", "loop", sysroot.folder.path("root/lib/modules/loop")])
    #expect(try build(sampleManifest).status == 0)
    #expect(try build(sampleManifest, ["--kernel-release", SampleSysroot.release]).status == 0)
  }

  @Test func everythingThatIsMissingIsTold() throws {
    let result = try build(
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
    ["build", "a", "-o", "-"],
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
