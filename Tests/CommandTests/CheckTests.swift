import Foundation
import InitrdKit
import TestSupport
import Testing

/// Tests of `check` with images that unpack but do not run, and of its output.
@Suite struct CheckTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func image(_ build: (inout RawArchive) -> Void) throws -> String {
    var archive = RawArchive()
    build(&archive)
    archive.end()
    return try folder.write("image", archive.bytes)
  }

  /// The findings as `severity[code]`.
  private func findings(
    _ image: String, _ change: (inout ImageCheck) -> Void = { _ in }
  ) throws -> [String] {
    var check = ImageCheck(image)
    change(&check)
    return try check.run().findings.map { "\($0.severity.rawValue)[\($0.code.rawValue)]" }
  }

  private func program(
    _ machine: SampleSysroot.Machine = .x86, interpreter: String? = nil, libraries: [String] = []
  ) -> [UInt8] { SampleProgram.elf(machine, interpreter: interpreter, libraries: libraries) }

  /// Programs that init does not need may never be started.
  @Test func faultsOfOtherProgramsAreWarnings() throws {
    let image = try image {
      $0.add("init", program(), mode: 0o755)
      for folder in ["bin", "lib", "lib/deep"] { $0.add(folder, .directory, mode: 0o755) }
      $0.add("bin/curl", program(interpreter: "/lib/ld.so", libraries: ["libcurl.so"]), mode: 0o755)
      $0.add("bin/link", .symlink, "curl", mode: 0o777)
      $0.add("bin/script", "#!/bin/python\n", mode: 0o755)
      $0.add("bin/notes", "#!/bin/python\n")
      // DT_RPATH also applies to the libraries of a library, DT_RUNPATH does not.
      $0.add(
        "bin/old", SampleProgram.elf(libraries: ["liba.so"], rpath: ["/lib/deep"]), mode: 0o755)
      $0.add(
        "bin/new", SampleProgram.elf(libraries: ["libc.so"], runpath: ["$ORIGIN/../lib/deep"]),
        mode: 0o755)
      $0.add("lib/deep/liba.so", program(libraries: ["libb.so"]))
      $0.add("lib/deep/libb.so", program())
      $0.add("lib/deep/libc.so", program(libraries: ["libd.so"]))
      $0.add("lib/deep/libd.so", program())
    }
    let report = try ImageCheck(image).run()
    #expect(report.isGood)
    #expect(
      report.findings.map(\.message).sorted() == [
        "/bin/../lib/deep/libc.so needs libd.so, which does not exist",
        "/bin/curl needs libcurl.so, which does not exist",
        "/bin/curl needs the dynamic linker /lib/ld.so, which does not exist",
        "/bin/script needs the interpreter /bin/python, which does not exist",
      ])
    #expect(report.findings.allSatisfy { $0.severity == .warning })
  }

  /// In an earlier version, an image of 822 bytes took 2.2 GB, because all its DT_RPATHs were the same long
  /// text.
  @Test func memoryForLibraryNamesIsLimited() throws {
    let image = try image {
      $0.add("init", SampleProgram.withManyPaths(length: 4000, tag: 15), mode: 0o755)
    }
    #expect(try findings(image) == [])
  }

  @Test(arguments: [
    ("/etc/passwd", "text"), ("/bin/ls", "an ELF program or library"), ("empty", "an empty file"),
    ("image", "a cpio archive"), ("image.gz", "a cpio archive, compressed with gzip"),
    ("notes.json", "JSON text"), ("script", "a script"),
  ])
  func checkRefusesAFileThatIsNotAKernel(file: String, kind: String) throws {
    let image = try image { $0.add("init", program(), mode: 0o755) }
    try folder.write("empty", "")
    try folder.write("notes.json", "\n { \"a\": 1 }")
    try folder.write("script", "#!/bin/sh\n")
    _ = try run("sh", ["-c", "gzip -c image >image.gz"], in: folder.url)
    let result = try Mkinitrd.run(["check", image, "--kernel-image", file], in: folder.url)
    #expect(result.status == 2)
    #expect(
      result.errors.hasPrefix("\(file): error: not a kernel image: this is \(kind);"),
      "\(result.errors)")
  }

  @Test(arguments: [
    ("{\"manifestVersion\": 1}\n", "JSON text"), ("some words\n", "text"),
    ("#!/bin/sh\n", "a script"),
    ("\u{7F}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\u{1}\0", "an ELF object, such as a kernel module"),
    ("PK\u{3}\u{4}", "a ZIP archive"),
    ("\u{1}\u{2}\u{3}", "data in an unknown format"),
  ])
  func checkNamesTheTypeOfANonInitramfs(content: String, kind: String) throws {
    try folder.write("file", content)
    let result = try Mkinitrd.run(["check", "file"], in: folder.url)
    #expect(result.status == 1)
    #expect(
      result.text.contains("error[unknown-magic]: not an initramfs: this is \(kind);"),
      "\(result.text)")
  }

  @Test func moduleTreeMayBeASymbolicLink() throws {
    let image = try image {
      $0.add("init", program(), mode: 0o755)
      for folder in ["lib", "lib/modules", "store"] { $0.add(folder, .directory, mode: 0o755) }
      $0.add("lib/modules/6.1", .symlink, "../../store", mode: 0o777)
      $0.add("store/a.ko", SampleSysroot.module(release: "6.2"))
    }
    #expect(try findings(image) == ["error[module-version]"])
  }

  @Test func bootableImageHasNoFindings() throws {
    let image = try image {
      $0.add("init", program(interpreter: "/lib/ld.so", libraries: ["libc.so.6"]), mode: 0o755)
      $0.add("lib", .directory, mode: 0o755)
      $0.add("lib/ld.so", program(), mode: 0o755)
      for number in 0..<40 { $0.add("lib/other-\(number)", .directory, mode: 0o755) }
      $0.add("lib/x86_64-linux-gnu", .directory, mode: 0o755)
      $0.add("lib/x86_64-linux-gnu/libc.so.6", program(libraries: ["/lib/ld.so"]))
    }
    #expect(try findings(image) == [])
  }

  @Test(arguments: [
    ("", ["error[init-missing]"]), ("text", ["error[init-not-runnable]"]),
    ("#!/bin/sh\n", ["error[interpreter-missing]"]),
  ])
  func initThatCannotRunIsAnError(content: String, expected: [String]) throws {
    let image = try image {
      if !content.isEmpty { $0.add("init", content, mode: 0o755) }
      $0.add("file", "x")
    }
    #expect(try findings(image) == expected)
    #expect(try Mkinitrd.run(["check", image]).status == 1)
  }

  @Test func partialImageNeedsNoInit() throws {
    let image = try image { $0.add("etc/deep/file", "x") }
    #expect(try findings(image) { $0.isPartial = true } == [])
    #expect(try findings(image) == ["error[missing-folder]", "error[init-missing]"])
  }

  @Test func unusableInitIsAWarningWhenAShellExists() throws {
    let image = try image {
      $0.add("init", "text", mode: 0o755)
      $0.add("bin", .directory, mode: 0o755)
      $0.add("bin/sh", program(), mode: 0o755)
    }
    #expect(try findings(image) == ["warning[init-not-runnable]"])
    #expect(try Mkinitrd.run(["check", image]).status == 0)
  }

  @Test func librariesAndInterpretersOfInitAreChecked() throws {
    let image = try image {
      $0.add("init", "#! /bin/sh -e\n", mode: 0o755)
      $0.add("bin", .directory, mode: 0o755)
      $0.add("bin/sh", program(interpreter: "/lib/ld.so", libraries: ["a.so"]), mode: 0o755)
      $0.add("usr", .directory, mode: 0o755)
      $0.add("usr/lib", .directory, mode: 0o755)
      $0.add("lib", .symlink, "usr/lib")
      $0.add("lib/a.so", program(.arm, libraries: ["b.so"]))
      $0.add("bin/other", program(.arm), mode: 0o755)
    }
    #expect(
      try findings(image) == [
        // The linker passes a library for another machine over.
        "error[interpreter-missing]", "error[library-missing]", "warning[architecture-mixed]",
        "warning[architecture-mixed]", "warning[library-missing]",
      ])
  }

  /// An image with a busybox and modules.
  private func withModules(_ suffix: String, _ dependencies: String) throws -> String {
    let release = SampleSysroot.release
    let tree = "lib/modules/\(release)"
    let module = SampleSysroot.module()
    return try image {
      $0.add("init", SampleSysroot.busybox(), mode: 0o755)
      $0.add("sbin", .directory, mode: 0o755)
      $0.add("sbin/modprobe", SampleSysroot.busybox(), mode: 0o755)
      for path in ["lib", "lib/modules", tree] { $0.add(path, .directory, mode: 0o755) }
      $0.add("\(tree)/modules.dep", dependencies)
      $0.add("\(tree)/modules.builtin", "kernel/built-in.ko\n")
      $0.add("\(tree)/a.ko\(suffix)", suffix.isEmpty ? module : [1, 2, 3])
    }
  }

  @Test(arguments: [
    ("", "a.ko: built-in.ko\n", [String]()), ("", "a.ko: b.ko\n", ["error[module-dependency]"]),
    (".xz", "a.ko.xz:\n", ["error[module-compression]"]),
    (".zst", "a.ko.zst:\n", ["error[module-compression]"]),
  ])
  func modulesThatCannotLoadAreErrors(suffix: String, dependencies: String, expected: [String])
    throws
  {
    #expect(try findings(withModules(suffix, dependencies)) == expected)
  }

  @Test func partialImageMayNeedOtherSegments() throws {
    let tree = "lib/modules/\(SampleSysroot.release)"
    let image = try image {
      $0.add("init", "#!/bin/sh\n", mode: 0o755)
      for path in ["lib", "lib/modules", tree] { $0.add(path, .directory, mode: 0o755) }
      $0.add("\(tree)/modules.dep", "a.ko: b.ko\n")
      $0.add("\(tree)/a.ko", SampleSysroot.elf())
    }
    #expect(try findings(image) { $0.isPartial = true } == [])
    #expect(
      try findings(image) == ["error[interpreter-missing]", "error[module-dependency]"])
    let linked = try self.image {
      $0.add("init", program(interpreter: "/lib/ld.so", libraries: ["a.so"]), mode: 0o755)
    }
    #expect(try findings(linked) { $0.isPartial = true } == [])
  }

  @Test func busyboxIsFoundByAnyOfItsHardLinks() throws {
    let tree = "lib/modules/\(SampleSysroot.release)"
    let image = try image {
      for path in ["bin", "sbin", "lib", "lib/modules", tree] {
        $0.add(path, .directory, mode: 0o755)
      }
      $0.add("\(tree)/a.ko.xz", [1, 2, 3])
      $0.add("\(tree)/b.ko.xz", [1, 2, 3])
      for name in ["init", "bin/busybox", "sbin/modprobe"] {
        $0.add(name, mode: 0o755, links: 4, inode: 7)
      }
      $0.add("bin/zzz", SampleSysroot.busybox(), mode: 0o755, links: 4, inode: 7)
    }
    let report = try ImageCheck(image).run()
    #expect(report.findings.map(\.code) == [.moduleCompression])
    #expect(report.findings.first?.message.contains("a.ko.xz and 1 more: ") == true)
  }

  @Test(arguments: [
    ("libzstd.so.1", ".zst", []), ("liblzma.so.5", ".zst", ["warning[module-compression]"]),
    ("liblzma.so.5", ".xz", []), ("libzstd.so.1", ".gz", ["warning[module-compression]"]),
  ])
  func kmodNeedsLibraryForCompressedModules(library: String, suffix: String, expected: [String])
    throws
  {
    let tree = "lib/modules/\(SampleSysroot.release)"
    let image = try image {
      $0.add("init", program(), mode: 0o755)
      for path in ["bin", "sbin", "lib", "lib/modules", tree] {
        $0.add(path, .directory, mode: 0o755)
      }
      $0.add("bin/kmod", program(interpreter: "/lib/ld.so"), mode: 0o755)
      $0.add("sbin/modprobe", .symlink, "/bin/kmod")
      $0.add("lib/\(library)", program())
      $0.add("lib/ld.so", program(), mode: 0o755)
      $0.add("\(tree)/a.ko\(suffix)", [1, 2, 3])
    }
    #expect(try findings(image) == expected)
  }

  @Test func earlyFilesMustBeInTheFirstArchive() throws {
    let image = try image {
      for path in ["kernel", "kernel/x86", "kernel/x86/microcode", "kernel/firmware"] {
        $0.add(path, .directory, mode: 0o755)
      }
      $0.add("kernel/firmware/acpi", .directory, mode: 0o755)
      $0.add("kernel/x86/microcode/GenuineIntel.bin", "x")
      $0.add("kernel/firmware/acpi/a.aml", "x")
    }
    #expect(try findings(image) { $0.isPartial = true } == [])
    let other = try run(
      "sh", ["-ec", "gzip <image >late; head -c 4 /dev/zero >>late; cat image >>late"],
      in: folder.url)
    #expect(other.status == 0, "\(other.errors)")
    #expect(
      try findings(folder.path("late")) { $0.isPartial = true }
        == Array(repeating: "warning[early-place]", count: 4))
    let named = try self.image { $0.add("./kernel/firmware/acpi/a.aml", "x") }
    #expect(try findings(named) { $0.isPartial = true } == ["warning[early-name]"])
  }

  @Test(arguments: [
    (1, 0, "a wrong sum"), (1 << 20, 0, "a size of 1048576 bytes, which is more"),
    (0, 40_000, "a size of 40000 bytes; the kernel accepts up to 32767"),
  ])
  func brokenBootConfigurationIsReported(number: Int, length: Int, message: String) throws {
    var bytes = try image {
      $0.add("init", program(), mode: 0o755)
      $0.add("file", [UInt8](repeating: 1, count: 5000))
    }.contents()
    bytes += [UInt8](repeating: UInt8(ascii: "#"), count: length)
    for word in [number + length, 7] { bytes += (0..<4).map { UInt8(word >> (8 * $0) & 255) } }
    let path = try folder.write("image", bytes + Array("#BOOTCONFIG\n".utf8))
    let report = try ImageCheck(path).run()
    let finding = try #require(report.findings.first { $0.code == .bootConfig })
    #expect(finding.message.contains(message), "\(finding.message)")
    #expect(finding.offset == UInt64(bytes.count))
    #expect(report.findings.contains { $0.effect == .refused })
    let listed = try Mkinitrd.run(["list", "image"], in: folder.url)
    // Two bytes of the size are NULs, so the rest does not start at a multiple of 4.
    let hint = number > 1 ? "error" : "the boot configuration at the end has a "
    #expect(listed.status == 1 && listed.errors.contains(hint), "\(listed.errors)")
  }

  @Test func memoryForModuleListsIsLimited() throws {
    let image = try image {
      $0.add("init", program(), mode: 0o755)
      for number in 0..<5 {
        $0.add("\(number)modules.dep", [UInt8](repeating: 10, count: 8 << 20))
      }
    }
    let report = try ImageCheck(image).run()
    #expect(report.findings.map(\.code) == [.tooLarge])
    #expect(report.findings.first?.message.contains("over 33554432 bytes of modules.dep") == true)
  }

  @Test func jsonIsValidForAnyImageName() throws {
    let image = try image { $0.add("init", program(), mode: 0o755) }
    for name in ["a\u{202E}b", "a\u{1B}b", "\u{E000}\u{10FFFF}\"\\"] {
      try FileManager.default.copyItem(atPath: image, toPath: folder.path(name))
      let json = try Mkinitrd.run(["check", name, "--json"], in: folder.url).output
      let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
      #expect((object?["image"] as? String).map { Array($0.utf8) } == Array(name.utf8))
    }
  }

  @Test func kernelMustSupportTheImage() throws {
    let image = try withModules("", "a.ko:\n")
    let gzip = try run("sh", ["-c", "gzip -n < '\(image)' > '\(folder.path("gzip"))'"])
    #expect(gzip.status == 0)
    let config = try folder.write("config", "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_ZSTD=y\n")
    #expect(
      try findings(folder.path("gzip")) { $0.kernelConfig = config } == [
        "error[kernel-codec]", "error[kernel-modules]", "warning[kernel-devtmpfs]",
      ])
    // Only the setup header of an x86 kernel with another release.
    var kernel = [UInt8](repeating: 0, count: 0x400)
    (kernel[0x1FE], kernel[0x1FF]) = (0x55, 0xAA)
    kernel.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    kernel[0x20F] = 1
    kernel.replaceSubrange(0x300..<0x305, with: Array("6.9.9".utf8))
    let path = try folder.write("vmlinuz", kernel)
    #expect(
      try findings(image) { $0.kernelImage = path } == ["error[kernel-release]"])
  }

  /// Our image lacks something that its root needs. Only a partial image can be built so.
  @Test(arguments: [
    ("[]", "/dev/vda", "ext4", ["root-driver", "root-driver", "root-file-system"]),
    ("[\"virtio_blk\"]", "/dev/vda", "ext4", ["root-driver", "root-file-system"]),
    ("[\"virtio_blk\", \"ext4\"]", "/dev/vda", "ext4", ["root-driver"]),
    ("[\"virtio_*\", \"ext4\"]", "/dev/vda", "ext4", ["root-driver", "root-driver"]),
    ("[\"ext4\"]", "/dev/md0", "ext4", ["root-device"]),
    ("[\"kernel/fs/ext4/\"]", "/dev/nvme0n1", "ext4", ["root-driver"]),
  ])
  func rootOfOurImagesIsChecked(
    include: String, device: String, type: String, expected: [String]
  ) throws {
    let trial = try BuildTrial()
    let manifest = sampleManifest.replacing("\"name\"", with: "\"partial\": true, \"name\"")
      .replacing("[\"virtio_blk\", \"ext4\"]", with: include).replacing("/dev/vda", with: device)
    let built = try trial.build(manifest)
    #expect(built.status == 0, "\(built.errors)")
    let image = trial.sysroot.folder.path("out/initrd.img")
    func roots(_ change: (inout ImageCheck) -> Void = { _ in }) throws -> [Finding] {
      var check = ImageCheck(image)
      change(&check)
      return try check.run().findings.filter { $0.code.rawValue.hasPrefix("root-") }
    }
    // Without a kernel, the built-in drivers are unknown. Only what the image itself tells is certain.
    let unknown = try roots()
    #expect(unknown.map(\.code.rawValue) == expected)
    let isCertain = include.contains("virtio_*") || device == "/dev/md0"
    #expect(unknown.contains { $0.severity == .error } == isCertain)
    let config = try folder.write("config", "CONFIG_BLK_DEV_INITRD=y\nCONFIG_MODULES=y\n")
    let known = try roots { $0.kernelConfig = config }
    #expect(known.map(\.code.rawValue) == expected)
    #expect(known.allSatisfy { $0.severity == .error })
    let full = try folder.write(
      "full",
      "CONFIG_BLK_DEV_INITRD=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_EXT4_FS=y\nCONFIG_BLK_DEV_NVME=y\n"
    )
    let built2 = try roots { $0.kernelConfig = full }
    #expect(built2.isEmpty != isCertain)
    #expect(try roots { $0.isPartial = true }.isEmpty)
  }

  @Test func nonHexadecimalFieldIsJudgedByKernelVersion() throws {
    var archive = RawArchive()
    archive.add("init", program(), mode: 0o755)
    archive.end()
    var bytes = archive.bytes
    bytes[6 + 7] = UInt8(ascii: "G")
    let image = try folder.write("image", bytes)
    #expect(try findings(image).first == "error[damaged-header]")
    #expect(
      try findings(image) { $0.version = KernelVersion("6.1") } == ["warning[damaged-header]"])
  }

  @Test func eachFindingIsOneLine() throws {
    let image = try image {
      $0.add("init", program(), mode: 0o755)
      $0.add("no/\u{1B}[31m", "x")
    }
    let result = try Mkinitrd.run(["check", "image"], in: folder.url)
    #expect(result.status == 1)
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("image: segment 0, byte "))
    #expect(lines[0].contains(": error[missing-folder]: the kernel drops no/\\x1b[31m:"))
    #expect(lines[1] == "image: bad: 1 error, 0 warnings; 2 entries in 1 segment read")
    let json = try Mkinitrd.run(["check", image, "--json"]).output
    let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
    let first = (object?["findings"] as? [[String: Any]])?.first
    #expect(object?["good"] as? Bool == false)
    #expect(first?["effect"] as? String == "dropped")
    #expect(first?["segment"] as? Int == 0)
  }

  @Test func unreadableFileIsStatus2() throws {
    #expect(try Mkinitrd.run(["check", folder.path("nothing")]).status == 2)
    let image = try image { $0.add("init", program(), mode: 0o755) }
    #expect(
      try Mkinitrd.run(["check", image, "--kernel-config", folder.path("nothing")]).status == 2)
    #expect(try Mkinitrd.run(["check", image, "--kernel-version", "new"]).status == 64)
  }

  @Test func documentationListsEveryFindingCode() throws {
    let page = try String(contentsOf: Checkout.file("docs/check.md"), encoding: .utf8)
    for code in FindingCode.allCases {
      #expect(page.contains("| `\(code.rawValue)` |"), "\(code.rawValue)")
    }
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(rows.count == FindingCode.allCases.count)
  }
}

extension String {
  /// The content of the file at this path.
  fileprivate func contents() throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: self)))
  }
}
