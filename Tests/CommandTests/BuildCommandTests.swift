import Foundation
import TestSupport
import Testing

/// Tests of the command `build`.
@Suite struct BuildCommandTests {
  private let trial: BuildTrial

  init() throws { trial = try BuildTrial() }

  @Test func reportsSizeModulesAndReasons() throws {
    let result = try trial.build(sampleManifest)
    #expect(result.status == 0, "\(result.errors)")
    let size = try trial.image().count
    let k = (size + 4095) / 4096 * 4
    #expect(result.text.hasPrefix("sample: \(k)K against the original 19784K: "))
    for part in [
      "times smaller", "virtio_blk", "requested by modules.include", "needed by ",
      "soft dependency of ext4 on crypto-crc32c", "zstd at level 19", "SHA-256",
      "loaded in this order: virtio virtio_ring virtio_blk crc32c_intel crc32c_generic ",
    ] { #expect(result.text.contains(part), "\(part) in \(result.text)") }
    #expect(try trial.outFolder == ["initrd.img"])
    let mode = try FileManager.default.attributesOfItem(
      atPath: trial.sysroot.folder.path("out/initrd.img"))[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test func jsonReportHasSizesModulesAndDigest() throws {
    let result = try trial.build(sampleManifest, ["--json", "--baseline", "64"])
    let object = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
    let size = object?["size"] as? [String: Any]
    #expect(size?["bytes"] as? Int == (try trial.image().count))
    #expect(size?["baselineK"] as? Int == 4)
    #expect((object?["modules"] as? [Any])?.count == 8)
    let sha256 = try run("sha256sum", [trial.sysroot.folder.path("out/initrd.img")]).text.prefix(64)
    #expect(object?["sha256"] as? String == String(sha256))
  }

  @Test func bytesDoNotDependOnTheEnvironment() throws {
    _ = try trial.build(sampleManifest)
    let first = try trial.image()
    let surroundings: [[String: String]] = [
      ["TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"], ["HOME": "/nowhere", "USER": "nobody"],
      ["SOURCE_DATE_EPOCH": "1234567890", "LANG": "C"],
    ]
    for environment in surroundings {
      _ = try trial.build(sampleManifest, environment: environment)
      #expect(try trial.image() == first, "\(environment)")
    }
    try trial.sysroot.folder.write("manifest.json", sampleManifest)
    let masked = try run(
      "sh", ["-c", "umask 077; \(Mkinitrd.path) build manifest.json"], in: trial.sysroot.folder.url)
    #expect(masked.status == 0, "\(masked.errors)")
    #expect(try trial.image() == first)
    // A second sysroot, written in another order and at another time, has another directory order on disk.
    let other = try SampleSysroot(dependencies: SampleSysroot.dependencies.reversed())
    _ = try trial.build(sampleManifest, ["--sysroot", other.path])
    #expect(try trial.image() == first)
  }

  @Test func bytesDoNotDependOnTheUser() throws {
    guard getuid() == 0 else { return }
    _ = try trial.build(sampleManifest)
    let first = try trial.image()
    // The other user needs access to the directories above the files.
    let result = try run(
      "sh",
      [
        "-c",
        """
        chmod 755 . root && find root -exec chmod a+rX {} + && mkdir mine && chmod 777 mine && \
        cp '\(Mkinitrd.path)' tool && chmod 755 tool && \
        setpriv --reuid 65534 --regid 65534 --clear-groups ./tool build manifest.json -o mine/initrd.img
        """,
      ], in: trial.sysroot.folder.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try trial.image("mine/initrd.img") == first)
  }

  @Test func relativePathsStartAtTheManifest() throws {
    try trial.sysroot.folder.write("manifest.json", sampleManifest)
    let result = try Mkinitrd.run(["build", trial.sysroot.folder.path("manifest.json")])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try trial.outFolder == ["initrd.img"])
  }

  @Test func optionsOverrideTheManifest() throws {
    let result = try trial.build(
      sampleManifest,
      [
        "-o", "other.img", "--sysroot", trial.sysroot.path, "--kernel-release",
        SampleSysroot.release,
      ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try trial.outFolder.isEmpty)
    #expect(try trial.image("other.img").count > 0)
  }

  /// The option overrides the manifest, so a line of the manifest is not the cause of its error.
  @Test func errorOfKernelReleaseOptionHasNoManifestLine() throws {
    let manifest = sampleManifest.replacing(
      "\"name\"", with: "\"kernel\": { \"release\": \"5.5.5\" },\n  \"name\"")
    let byManifest = try trial.build(manifest)
    #expect(byManifest.status == 1)
    #expect(byManifest.errors.hasPrefix("manifest.json:3:"), "\(byManifest.errors)")
    for text in [manifest, sampleManifest] {
      let byOption = try trial.build(text, ["--kernel-release", "5.5.5"])
      #expect(byOption.status == 1 && byOption.errors.contains("5.5.5"), "\(byOption.errors)")
      #expect(!byOption.errors.contains("manifest.json"), "\(byOption.errors)")
    }
  }

  @Test func hardLinksStayHardLinks() throws {
    try trial.sysroot.folder.write("root/usr/bin/one", "content\n", mode: 0o755)
    try FileManager.default.linkItem(
      at: trial.sysroot.folder / "root/usr/bin/one", to: trial.sysroot.folder / "root/usr/bin/two")
    let files = #"""
      , "compression": "none", "files": [{"source": "/usr/bin/two", "dest": "/a"},
      {"source": "/usr/bin/one", "dest": "/b"}, {"source": "/usr/bin/one", "dest": "/c", "uid": 1}]
      """#
    let result = try trial.build(
      sampleManifest.replacing("\"init\"", with: "\"name2\"", maxReplacements: 0)
        .dropLast(1) + files + "}")
    #expect(result.status == 0, "\(result.errors)")
    let list = try run("cpio", ["-itv", "--quiet"], input: try trial.image()).text
    let sizes = list.split(separator: "\n").filter {
      $0.hasSuffix(" a") || $0.hasSuffix(" b") || $0.hasSuffix(" c")
    }
    .map { $0.split(separator: " ") }.map { "\($0[1]) \($0[4])" }
    #expect(sizes == ["2 0", "2 8", "1 8"])
  }

  @Test func dryRunListsEveryEntryAndWritesNothing() throws {
    let result = try trial.build(sampleManifest, ["--dry-run"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try trial.outFolder.isEmpty)
    for part in [
      "5:1  /dev/console", "/linuxrc -> init", "needed by virtio_blk",
      "the kernel starts it as the first process",
    ] { #expect(result.text.contains(part), "\(part) in \(result.text)") }
    _ = try trial.build(sampleManifest)
    let listed = try Mkinitrd.run(["list", "out/initrd.img"], in: trial.sysroot.folder.url)
    let paths = result.text.split(separator: "\n").filter { $0.contains("  /") }.count
    #expect(paths == listed.text.split(separator: "\n").count)
    let json = try trial.build(sampleManifest, ["-n", "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
    #expect((object?["entries"] as? [Any])?.count == paths)
  }

  @Test func makeRebuildsWhenAnInputChanges() throws {
    let odd = "root/etc/odd #name$ here"
    try trial.sysroot.folder.write(odd, "x")
    let manifest = sampleManifest.replacing(
      "\"init\"",
      with: "\"files\": [{\"source\": \"/etc/odd #name$ here\", \"dest\": \"/odd\"}], \"init\"")
    // The first module determines the architecture and is not in the image.
    let tree = "root/lib/modules/\(SampleSysroot.release)"
    let list = try String(contentsOf: trial.sysroot.folder / "\(tree)/modules.dep", encoding: .utf8)
    try trial.sysroot.folder.write(
      "\(tree)/modules.dep", "kernel/drivers/net/dummy.ko:\n" + list)
    let result = try trial.build(manifest, ["--depfile", "out/initrd.d"])
    #expect(result.status == 0, "\(result.errors)")
    try trial.sysroot.folder.write("Makefile", "out/initrd.img:\n\tfalse\ninclude out/initrd.d\n")
    func isUpToDate() throws -> Bool {
      try run("make", ["-q", "out/initrd.img"], in: trial.sysroot.folder.url).status
        == 0
    }
    func touch(_ name: String, _ time: String) throws {
      _ = try run("touch", ["-d", time, trial.sysroot.folder.path(name)])
    }
    _ = try run(
      "sh", ["-c", "find . -exec touch -d 2020-01-01 {} +"], in: trial.sysroot.folder.url)
    try touch("out/initrd.img", "2021-01-01")
    #expect(try isUpToDate())
    for input in [
      "root/lib/modules", "manifest.json", odd, "root/bin/busybox", "\(tree)/modules.dep",
      "\(tree)/modules.softdep",
      "\(tree)/kernel/fs/ext4/ext4.ko", "root/boot/config-\(SampleSysroot.release)",
    ] {
      try touch(input, "2022-01-01")
      #expect(try !isUpToDate(), "\(input)")
      try touch(input, "2020-01-01")
    }
    try touch("\(tree)/kernel/drivers/net/dummy.ko", "2022-01-01")
    #expect(try isUpToDate(), "a module that is not in the image is no dependency")
    try FileManager.default.removeItem(at: trial.sysroot.folder / odd)
    #expect(try !isUpToDate())
  }

  @Test func oldImageCanBeTheBaseline() throws {
    try trial.sysroot.folder.write("out/initrd.img", [UInt8](repeating: 0, count: 100 << 10))
    let result = try trial.build(sampleManifest, ["--baseline", "out/initrd.img"])
    #expect(result.text.contains("against out/initrd.img 100K: "), "\(result.text)")
    #expect(result.text.contains(" times smaller"))
  }

  @Test func hardLinkAtTheTemporaryNameIsNotOverwritten() throws {
    try trial.sysroot.folder.write("precious", "precious")
    try FileManager.default.linkItem(
      at: trial.sysroot.folder / "precious",
      to: trial.sysroot.folder / "out/.initrd.img.mkinitrd-new")
    #expect(try trial.build(sampleManifest).status == 0)
    #expect(
      try String(contentsOf: trial.sysroot.folder / "precious", encoding: .utf8) == "precious")
    #expect(try trial.outFolder == ["initrd.img"])
  }

  @Test func partialImageMayLackRootModules() throws {
    let manifest = sampleManifest.replacing(
      "\"name\"", with: "\"partial\": true, \"modules\": {}, \"name\""
    ).replacing("\"modules\": { \"include\": [\"virtio_blk\", \"ext4\"] },", with: "")
    let result = try trial.build(manifest)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func patternThatLoadsNothingGetsANote() throws {
    let manifest = sampleManifest.replacing("[\"virtio_blk\"", with: "[\"crc*\", \"virtio_blk\"")
    // The soft dependencies of ext4 load a module that matches the pattern, so there is no note.
    #expect(try !trial.build(manifest).text.contains("note: "))
    let other = sampleManifest.replacing("[\"virtio_blk\"", with: "[\"dum*\", \"virtio_blk\"")
    let result = try trial.build(other)
    let note =
      "note: modules.include: the modules of \"dum*\" are included, but none of them is loaded"
    #expect(result.text.contains(note) && result.text.contains("modules.load"), "\(result.text)")
  }

  @Test func missingOptionalItemsBecomeNotes() throws {
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
        "name": "sample", "partial": true,
        "busybox": { "path": { "name": "bin/none", "optional": true }, "applets": "all" },
        """#)
    let result = try trial.build(manifest)
    #expect(result.status == 0, "\(result.errors)")
    for note in [
      "note: kernel.image: root/boot/none does not exist",
      "note: files: no file at root/etc/none",
      "note: busybox: no file at root/bin/none",
    ] { #expect(result.text.contains(note), "\(note) in \(result.text)") }
  }

  @Test func manifestIsReadFromAPipe() throws {
    try trial.sysroot.folder.write("manifest.json", sampleManifest)
    let script =
      "(sleep 0.3; cat manifest.json) | '\(Mkinitrd.path)' build /dev/stdin --sysroot root -o x.img"
    let result = try run("bash", ["-c", script], in: trial.sysroot.folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func unwritableReportIsAnError() throws {
    try trial.sysroot.folder.write("manifest.json", sampleManifest)
    let script = "'\(Mkinitrd.path)' build manifest.json >/dev/full"
    let full = try run("bash", ["-c", script], in: trial.sysroot.folder.url)
    #expect(full.status == 3)
    #expect(full.errors.contains("standard output: error: can't write"), "\(full.errors)")
    #expect(full.errors.contains("the image out/initrd.img is written"), "\(full.errors)")
    #expect(try trial.outFolder == ["initrd.img"])
    let list = "'\(Mkinitrd.path)' list out/initrd.img | head -n 1; echo ${PIPESTATUS[0]}"
    let closed = try run("bash", ["-c", list], in: trial.sysroot.folder.url)
    #expect(closed.errors.isEmpty)
  }

  @Test func namesFromTheSysrootAreEscaped() throws {
    let odd = "\u{1b}[2J"
    try trial.sysroot.folder.write(
      "root/lib/modules/\(SampleSysroot.release)/modules.softdep", "softdep ext4 pre: x\(odd)\n")
    for arguments in [[], ["--kernel-release", odd], ["-o", "\(odd)/x.img"]] {
      let result = try trial.build(sampleManifest, arguments)
      #expect(!result.text.contains("\u{1b}") && !result.errors.contains("\u{1b}"))
      #expect(result.text.contains("\\x1b") || result.errors.contains("\\x1b"))
    }
  }

  @Test func brokenOtherModuleTreeIsIgnored() throws {
    _ = try run("ln", ["-s", "loop", trial.sysroot.folder.path("root/lib/modules/loop")])
    #expect(try trial.build(sampleManifest).status == 0)
    #expect(
      try trial.build(sampleManifest, ["--kernel-release", SampleSysroot.release]).status == 0)
  }
}
