import Foundation
import InitrdKit
import TestSupport
import Testing

/// Sources of images: pipes, unified kernel images, files that end with a boot configuration, and files that
/// are not an initramfs.
@Suite struct ImageSourceTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let result = try run(
      "sh",
      [
        "-ec",
        """
        mkdir -p t/kernel/x86/microcode u/bin
        echo microcode >t/kernel/x86/microcode/GenuineIntel.bin; echo sh >u/bin/sh
        (cd t; find kernel | cpio -o -H newc --quiet) >ucode
        (cd u; find bin | cpio -o -H newc --quiet | gzip) >initrd
        cat ucode initrd >both
        """,
      ], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private static let names = [
    "kernel", "kernel/x86", "kernel/x86/microcode", "kernel/x86/microcode/GenuineIntel.bin", "bin",
    "bin/sh",
  ]

  private func list(_ image: String) throws -> CommandResult {
    try run(Mkinitrd.path, ["list", image], in: folder.url)
  }

  private func data(_ name: String) throws -> Data { try Data(contentsOf: folder / name) }

  @Test func standardInputAndPipesAreRead() throws {
    let piped = try run(
      "sh", ["-c", "cat both | '\(Mkinitrd.path)' list -; '\(Mkinitrd.path)' list - <both"],
      in: folder.url)
    #expect(piped.text.split(separator: "\n").map(String.init) == Self.names + Self.names)
    #expect(piped.status == 0, "\(piped.errors)")
    let script = """
      mkfifo f; cat both >f & '\(Mkinitrd.path)' list f; '\(Mkinitrd.path)' list <(cat both)
      '\(Mkinitrd.path)' list /dev/stdin <both; cat both | '\(Mkinitrd.path)' list /dev/stdin
      cat both | '\(Mkinitrd.path)' diff - /dev/stdin && echo equal
      '\(Mkinitrd.path)' diff <(cat both) <(cat both) && echo equal; '\(Mkinitrd.path)' list .
      """
    let pipes = try run("bash", ["-c", script], in: folder.url)
    let four = Self.names + Self.names + Self.names + Self.names
    #expect(pipes.text.split(separator: "\n").map(String.init) == four + ["equal", "equal"])
    #expect(pipes.errors == ".: error: a directory, where a file is needed\n")
    let cut = try run(
      "sh", ["-c", "head -c 300 both | '\(Mkinitrd.path)' list -"], in: folder.url)
    #expect(cut.status == 1)
    #expect(cut.errors.hasPrefix("standard input: byte "), "\(cut.errors)")
  }

  /// A PE file with these sections.
  private func pe(_ sections: [(String, Data)]) -> Data {
    func word(_ value: Int, _ width: Int) -> Data {
      Data((0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }
    var header = Data("MZ".utf8) + Data(count: 58) + word(64, 4) + Data([0x50, 0x45, 0, 0])
    header +=
      word(0x8664, 2) + word(sections.count, 2) + Data(count: 12) + word(240, 2) + word(0, 2)
    header += Data(count: 240)
    var (table, body) = (Data(), Data())
    let start = (header.count + sections.count * 40 + 511) & ~511
    for (name, content) in sections {
      let stored = (content.count + 511) & ~511
      table += Data(name.utf8) + Data(count: 8 - name.utf8.count) + word(content.count, 4)
      table += word(0x1000, 4) + word(stored, 4) + word(start + body.count, 4) + Data(count: 16)
      body += content + Data(repeating: 0xEE, count: stored - content.count)
    }
    return header + table + Data(count: start - header.count - table.count) + body
  }

  @Test func unifiedKernelImageIsRead() throws {
    let linux = (".linux", Data("kernel".utf8))
    let other = (".initrd", Data("another profile's".utf8))
    try folder.write(
      "uki.efi",
      pe([
        (".osrel", Data("ID=x\n".utf8)), linux, (".initrd", try data("initrd")),
        (".ucode", try data("ucode")), (".pcrpkey", Data("key".utf8)),
        (".initrd", Data("second".utf8)),
        (".profile", Data("first".utf8)), (".profile", Data("2".utf8)), other,
      ]))
    let listed = try list("uki.efi")
    #expect(listed.text.split(separator: "\n").map(String.init) == Self.names, "\(listed.errors)")
    #expect(listed.status == 0)
    try folder.write(
      "profile.efi",
      pe([linux, other, (".profile", Data("1".utf8)), (".initrd", try data("initrd"))]))
    #expect(try list("profile.efi").text == "bin\nbin/sh\n")
    // A segment cannot be appended to a PE file.
    let appended = try run(
      Mkinitrd.path, ["append", "uki.efi", "--file", "both:/x"], in: folder.url)
    #expect(appended.status == 1 && appended.errors.contains("a PE file"), "\(appended.errors)")
    try folder.write("kernel.efi", pe([linux]))
    #expect(
      try list("kernel.efi").errors.contains("a unified kernel image without a section .initrd"))
    var lying = pe([linux, (".initrd", try data("initrd"))])
    lying.removeLast(600)
    try folder.write("cut.efi", lying)
    #expect(try list("cut.efi").errors.contains("reaches beyond the end of the file"))
    try folder.write("table.efi", lying.prefix(400))
    #expect(try list("table.efi").errors.contains("table of sections of this PE file is cut off"))
  }

  @Test func bootConfigurationIsNotPartOfTheImage() throws {
    let text = Array("kernel.x = 1\n".utf8)
    func trailer(sum: UInt32, nuls: Int) -> Data {
      let words = [UInt32(text.count), sum].flatMap { word in
        (0..<4).map { UInt8(word >> (8 * $0) & 255) }
      }
      return Data(text + words + Array("#BOOTCONFIG\n".utf8)) + Data(count: nuls)
    }
    let sum = text.reduce(0) { $0 + UInt32($1) }
    for nuls in 0...3 {
      try folder.write("boot.img", try data("both") + trailer(sum: sum, nuls: nuls))
      let listed = try list("boot.img")
      #expect(listed.text.split(separator: "\n").map(String.init) == Self.names, "\(listed.errors)")
      #expect(listed.status == 0)
    }
    let inspected = try Mkinitrd.run(["inspect", "boot.img"], in: folder.url)
    #expect(inspected.text.contains("bootconfig  13 bytes"), "\(inspected.text)")
    // With a wrong checksum, the kernel does not remove the configuration and fails to unpack it.
    try folder.write("boot.img", try data("both") + trailer(sum: sum + 1, nuls: 0))
    #expect(try list("boot.img").status == 1)
  }

  @Test(arguments: [
    ("mke2fs -q -t ext2 fs 256k", "an ext2, ext3 or ext4 file system of 262144 bytes"),
    ("mke2fs -q -t ext2 fs 256k; gzip fs; mv fs.gz fs", "262144 bytes, compressed with gzip"),
    (
      "printf -- '-rom1fs-\\0\\0\\4\\0' >fs; head -c 1012 /dev/zero >>fs",
      "a romfs file system of 1024 bytes"
    ),
    ("printf 'hsqs' >fs; head -c 92 /dev/zero >>fs", "a squashfs file system"),
  ])
  func errorNamesTheFileSystemOfALegacyInitrd(script: String, message: String) throws {
    _ = try run("sh", ["-ec", script], in: folder.url)
    let listed = try list("fs")
    #expect(listed.status == 1)
    #expect(listed.errors.contains("a legacy initrd, not an initramfs"), "\(listed.errors)")
    #expect(listed.errors.contains(message), "\(listed.errors)")
  }

  @Test(arguments: ["", "-B4 -BD", "-9 -B7 --content-size", "--no-frame-crc -BX"])
  func modernLZ4FrameIsReadAndReported(options: String) throws {
    let made = try run(
      "sh",
      [
        "-ec",
        """
        head -c 700000 /dev/urandom >u/bin/big; yes line | head -c 900000 >u/bin/text
        (cd u; find bin | sort | cpio -o -H newc --quiet | lz4 -c \(options)) >frame; cat ucode frame frame >image
        """,
      ], in: folder.url)
    #expect(made.status == 0, "\(made.errors)")
    let names = Self.names.prefix(4) + ["bin", "bin/big", "bin/sh", "bin/text"]
    #expect(
      try list("image").text.split(separator: "\n").map(String.init) == names + names.suffix(4))
    for name in ["bin/big", "bin/text"] {
      let content = try Mkinitrd.run(["cat", "image", name], in: folder.url)
      #expect(Data(content.output) == (try data("u/" + name)), "\(content.errors)")
    }
    let inspected = try Mkinitrd.run(["inspect", "image"], in: folder.url)
    #expect(inspected.status == 0)
    #expect(inspected.text.contains("modern frame, which no kernel reads"), "\(inspected.text)")
    let checked = try Mkinitrd.run(["check", "image"], in: folder.url)
    #expect(checked.status == 1)
    #expect(checked.text.contains("segment 1, byte 1024: error[lz4-frame]"), "\(checked.text)")
    // Nothing is appended behind a segment that no kernel reads.
    let appended = try Mkinitrd.run(["append", "image", "--file", "both:/x"], in: folder.url)
    #expect(appended.status == 1)
    #expect(
      appended.errors.contains("byte 1024: error: a modern lz4 frame starts here"),
      "\(appended.errors)")
    // A truncated or damaged frame is an error with its location.
    let whole = try data("frame")
    try folder.write("cut", whole.prefix(whole.count / 2))
    #expect(
      try list("cut").errors.contains(
        "truncated lz4 frame: the input ends after \(whole.count / 2)"))
    var broken = whole
    broken[whole.count / 2] ^= 1
    broken[5] ^= 0x80
    try folder.write("broken", broken)
    #expect(try list("broken").errors.contains("broken: byte 0: error: broken lz4 frame: ERROR_"))
    #expect(try Mkinitrd.run(["list", "frame", "--memory", "1MiB"], in: folder.url).status == 1)
  }
}
