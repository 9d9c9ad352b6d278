import Foundation
import InitrdKit
import TestSupport
import Testing

/// `check` of images that unpack and won't run, and what it prints.
@Suite struct CheckTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func image(_ build: (inout RawArchive) -> Void) throws -> String {
    var archive = RawArchive()
    build(&archive)
    archive.end()
    return try folder.write("image", archive.bytes)
  }

  /// What is found, as `severity[code]`.
  private func findings(
    _ image: String, _ change: (inout ImageCheck) -> Void = { _ in }
  ) throws -> [String] {
    var check = ImageCheck(image)
    change(&check)
    return try check.run().findings.map { "\($0.severity.rawValue)[\($0.code.rawValue)]" }
  }

  /// A program with an interpreter and libraries: three program headers, their texts, a dynamic section.
  private func program(
    _ machine: SampleSysroot.Machine = .x86, interpreter: String? = nil, libraries: [String] = []
  ) -> [UInt8] {
    func word(_ value: Int, _ width: Int = 8) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes = SampleSysroot.elf(machine)
    bytes[0x20] = 64
    bytes[0x36] = 56
    bytes[0x38] = interpreter == nil ? 2 : 3
    let texts = 64 + 3 * 56
    let loader = Array((interpreter ?? "").utf8) + [0]
    var strings: [UInt8] = [0]
    var dynamic: [UInt8] = []
    for library in libraries {
      dynamic += word(1) + word(strings.count)
      strings += Array(library.utf8) + [0]
    }
    dynamic += word(5) + word(texts + loader.count) + word(0) + word(0)
    func header(_ type: Int, _ offset: Int, _ size: Int) -> [UInt8] {
      word(type, 4) + word(0, 4) + word(offset) + word(offset) + word(offset) + word(size)
        + word(size) + word(1)
    }
    let end = texts + loader.count + strings.count
    bytes += header(1, 0, end + dynamic.count) + header(2, end, dynamic.count)
    bytes += header(3, texts, loader.count)
    return bytes + loader + strings + dynamic
  }

  @Test func aReleaseMayBeALink() throws {
    let image = try image {
      $0.add("init", program(), mode: 0o755)
      for folder in ["lib", "lib/modules", "store"] { $0.add(folder, .directory, mode: 0o755) }
      $0.add("lib/modules/6.1", .symlink, "../../store", mode: 0o777)
      $0.add("store/a.ko", SampleSysroot.elf(.x86) + Array("\0vermagic=6.2 SMP\0".utf8))
    }
    #expect(try findings(image) == ["error[module-version]"])
  }

  @Test func whatBootsIsGood() throws {
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
  func initsThatDontRun(content: String, expected: [String]) throws {
    let image = try image {
      if !content.isEmpty { $0.add("init", content, mode: 0o755) }
      $0.add("file", "x")
    }
    #expect(try findings(image) == expected)
    #expect(try Mkinitrd.run(["check", image]).status == 1)
  }

  @Test func aSegmentNeedsNoInit() throws {
    let image = try image { $0.add("etc/deep/file", "x") }
    #expect(try findings(image) { $0.isPartial = true } == [])
    #expect(try findings(image) == ["error[missing-folder]", "error[init-missing]"])
  }

  @Test func anotherInitIsAWarning() throws {
    let image = try image {
      $0.add("init", "text", mode: 0o755)
      $0.add("bin", .directory, mode: 0o755)
      $0.add("bin/sh", program(), mode: 0o755)
    }
    #expect(try findings(image) == ["warning[init-not-runnable]"])
    #expect(try Mkinitrd.run(["check", image]).status == 0)
  }

  @Test func librariesAreFollowed() throws {
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
        "error[interpreter-missing]", "error[architecture-mixed]", "error[library-missing]",
        "warning[architecture-mixed]",
      ])
  }

  /// An image with a busybox and modules.
  private func withModules(_ suffix: String, _ dependencies: String) throws -> String {
    let release = SampleSysroot.release
    let tree = "lib/modules/\(release)"
    let module = SampleSysroot.elf() + Array("\0vermagic=\(release) SMP\0".utf8)
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
  func modulesThatDontLoad(suffix: String, dependencies: String, expected: [String]) throws {
    #expect(try findings(withModules(suffix, dependencies)) == expected)
  }

  @Test func aSegmentMayRestOnAnother() throws {
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

  @Test func aBusyboxMayHaveItsDataWithAnyName() throws {
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
  func kmodNeedsLibraries(library: String, suffix: String, expected: [String]) throws {
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

  @Test func whatIsReadEarlyComesFirst() throws {
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
    (0, 40_000, "a size of 40000 bytes; the kernel takes 32767"),
  ])
  func aBrokenBootConfigurationIsFound(number: Int, length: Int, message: String) throws {
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
    // Two bytes of the size are NULs, and the rest then is at no multiple of 4.
    let hint = number > 1 ? "error" : "the boot configuration at the end has a "
    #expect(listed.status == 1 && listed.errors.contains(hint), "\(listed.errors)")
  }

  @Test func listsAreHeldWithinALimit() throws {
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

  @Test func jsonIsJSONWhateverTheImageIsCalled() throws {
    let image = try image { $0.add("init", program(), mode: 0o755) }
    for name in ["a\u{202E}b", "a\u{1B}b", "\u{E000}\u{10FFFF}\"\\"] {
      try FileManager.default.copyItem(atPath: image, toPath: folder.path(name))
      let json = try Mkinitrd.run(["check", name, "--json"], in: folder.url).output
      let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
      #expect((object?["image"] as? String).map { Array($0.utf8) } == Array(name.utf8))
    }
  }

  @Test func theKernelHasToFit() throws {
    let image = try withModules("", "a.ko:\n")
    let gzip = try run("sh", ["-c", "gzip -n < '\(image)' > '\(folder.path("gzip"))'"])
    #expect(gzip.status == 0)
    let config = try folder.write("config", "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_ZSTD=y\n")
    #expect(
      try findings(folder.path("gzip")) { $0.kernelConfig = config } == [
        "error[kernel-codec]", "error[kernel-modules]", "warning[kernel-devtmpfs]",
      ])
    // The setup header of an x86 kernel of another release, and nothing behind it.
    var kernel = [UInt8](repeating: 0, count: 0x400)
    (kernel[0x1FE], kernel[0x1FF]) = (0x55, 0xAA)
    kernel.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    kernel[0x20F] = 1
    kernel.replaceSubrange(0x300..<0x305, with: Array("6.9.9".utf8))
    let path = try folder.write("vmlinuz", kernel)
    #expect(
      try findings(image) { $0.kernelImage = path } == ["error[kernel-release]"])
  }

  @Test func versionsDecideOnSloppyNumbers() throws {
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

  @Test func theOutputIsOneLineForEach() throws {
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

  @Test func whatCantBeReadIsTwo() throws {
    #expect(try Mkinitrd.run(["check", folder.path("nothing")]).status == 2)
    let image = try image { $0.add("init", program(), mode: 0o755) }
    #expect(
      try Mkinitrd.run(["check", image, "--kernel-config", folder.path("nothing")]).status == 2)
    #expect(try Mkinitrd.run(["check", image, "--kernel-version", "new"]).status == 64)
  }

  @Test func thePageHasEveryCode() throws {
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
