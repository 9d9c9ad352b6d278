import Foundation
import TestSupport
import Testing

/// Tests of the command `inspect`, with text and JSON output.
@Suite struct InspectTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(_ script: String) throws {
    let result = try run("bash", ["-ec", script], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private static let everything = """
    mkdir -p e/kernel/x86/microcode e/kernel/firmware/acpi m/usr/lib/modules/6.1.0-x/kernel m/lib/firmware m/scripts m/bin
    echo i >e/kernel/x86/microcode/GenuineIntel.bin; echo a >e/kernel/x86/microcode/AuthenticAMD.bin
    echo t >e/kernel/firmware/acpi/ssdt.aml
    head -c 3000 /dev/zero >m/usr/lib/modules/6.1.0-x/kernel/a.ko.xz; ln m/usr/lib/modules/6.1.0-x/kernel/a.ko.xz m/usr/lib/modules/6.1.0-x/kernel/b.ko
    echo f >m/lib/firmware/f.bin; echo s >m/scripts/functions; echo b >m/bin/busybox; ln -s bin/busybox m/init
    printf x >$'m/latin\\xe9'
    pack() { (cd "$1"; find * -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc --quiet); }
    pack e >image; pack m | zstd -q >>image
    """

  @Test func reportDescribesTheImage() throws {
    try make(Self.everything)
    let result = try Mkinitrd.run(["inspect", "image"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    for text in [
      "made by   initramfs-tools", "/init is bin/busybox, busybox", "2, 3,000 bytes, for 6.1.0-x",
      "firmware  1, 2 bytes", "Intel microcode", "AMD microcode", "ACPI tables: 1", "zstd",
      "checksum", "largest", "b.ko    3,000  █", "findings", "19784K",
    ] {
      #expect(result.text.contains(text), "\(text) in\n\(result.text)")
    }
    let long = result.text.split(separator: "\n").filter { $0.contains("█") && $0.count > 80 }
    #expect(long == [], "a screen has 80 columns")
  }

  @Test func jsonHasBuilderEntriesAndFindings() throws {
    try make(Self.everything)
    let result = try Mkinitrd.run(["inspect", "--json", "image"], in: folder.url)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(object["builder"] as? String == "initramfs-tools")
    let paths = (object["entries"] as? [[String: Any]])?.compactMap { $0["path"] as? String }
    #expect(paths?.contains("/latin\\xe9") == true)
    #expect((object["findings"] as? [Any])?.isEmpty == false, "busybox is no program")
  }

  @Test(arguments: [
    ("gzip -9n", "gzip", "best"), ("bzip2 -2", "bzip2", "blocks of 200 kB"),
    ("xz --check=crc64", "xz", "CRC64"), ("lzma -0", "lzma", "dictionary 256 KiB"),
    ("lz4 -l -c", "lz4", "legacy frame"), ("zstd --no-check -c", "zstd", "no size"),
    ("zstd -19 --long=27 -c", "zstd", "checksum"),
  ])
  func compressionParametersAreReported(tool: String, codec: String, parameters: String) throws {
    try make("mkdir t; cd t; echo x >x; echo x | cpio -o -H newc --quiet | \(tool) >../image")
    let result = try Mkinitrd.run(["inspect", "image", "--json"], in: folder.url)
    let object = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
    let segment = (object?["segments"] as? [[String: Any]])?.first
    #expect(segment?["compression"] as? String == codec)
    let text = try #require(segment?["parameters"] as? String)
    #expect(text.contains(parameters), "\(text)")
  }

  @Test func pipeGivesTheSameReportAsAFile() throws {
    try make(Self.everything)
    let piped = try run(
      "sh", ["-c", "cat image | '\(Mkinitrd.path)' inspect --json -"], in: folder.url)
    let file = try Mkinitrd.run(["inspect", "--json", "image"], in: folder.url)
    #expect(piped.text.replacing("\"standard input\"", with: "\"image\"") == file.text)
  }
}
