import Foundation
import TestSupport
import Testing

/// Images with several archives: early archives that the kernel searches, and segments of the manifest.
@Suite struct SegmentTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // The header tells the vendor: version 1 for Intel, the magic number of a container for AMD.
    let intel: [UInt8] = [1, 0, 0, 0] + [UInt8](repeating: 0x11, count: 2044)
    let amd: [UInt8] = Array("DMA\0".utf8) + [UInt8](repeating: 0x22, count: 1000)
    try folder.write("root/lib/firmware/intel-ucode/06-01-02", intel)
    try folder.write("root/lib/firmware/intel-ucode/06-0a-01", intel.reversed().reversed())
    try folder.write("root/lib/firmware/amd-ucode/microcode_amd.bin", amd)
    try folder.write("root/lib/firmware/amd-ucode/microcode_amd.bin.asc", "a signature")
    try folder.write("ssdt.aml", Array("SSDT".utf8) + [UInt8](repeating: 3, count: 40))
    try folder.write("root/big/one", [UInt8](repeating: 1, count: 10_000))
    try folder.write("root/big/two", [UInt8](repeating: 2, count: 70_001))
  }

  private func build(_ keys: String, initFile: String = "/bin/true") throws -> String {
    try FileManager.default.createDirectory(
      at: folder / "root/bin", withIntermediateDirectories: true)
    try? FileManager.default.removeItem(at: folder / "root/init")
    try FileManager.default.copyItem(atPath: initFile, toPath: folder.path("root/init"))
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "partial": true, "kernel": null, "arch": "x86_64", "sysroot": "root",
        "init": { "template": "none" },
        "files": [{ "source": "/init", "dest": "/init", "mode": "0755" },
                  { "source": "/big/one", "dest": "/big/one" }, { "source": "/big/two", "dest": "/big/two" },
                  { "content": "x", "dest": "/small" }],
        \(keys) }
      """)
    let image = folder.path("initrd.img")
    let result = try Mkinitrd.run(["build", folder.path("manifest.json"), "-o", image])
    #expect(result.status == 0, "\(result.errors)")
    return image
  }

  private static let early = #""early": { "microcode": "auto", "acpi": ["./ssdt.aml"] }"#

  /// Finds the data of `name` by the rules of the kernel's lib/earlycpio.c: headers of hexadecimal digits
  /// from the start of the image, NULs in steps of four, and an end at anything else.
  private func earlyScan(_ image: [UInt8], _ name: String) -> (offset: Int, data: [UInt8])? {
    var position = 0
    while position + 110 <= image.count {
      if image[position] == 0 {
        position += 4
        continue
      }
      let header = String(decoding: image[position..<(position + 110)], as: UTF8.self)
      guard header.hasPrefix("070701") || header.hasPrefix("070702") else { return nil }
      func field(_ number: Int) -> Int? {
        Int(header.dropFirst(6 + 8 * number).prefix(8), radix: 16)
      }
      guard let mode = field(1), let size = field(6), let nameSize = field(11) else { return nil }
      let data = (position + 110 + nameSize + 3) & ~3
      guard data + size <= image.count else { return nil }
      let found = image[(position + 110)..<(position + 110 + nameSize)].prefix { $0 != 0 }
      if mode & 0o170000 == 0o100000, found.elementsEqual(name.utf8) {
        return (data, Array(image[data..<(data + size)]))
      }
      position = (data + size + 3) & ~3
    }
    return nil
  }

  /// These images have no entry for the root directory, so it has the time of the boot.
  private static func withoutRoot(_ tree: [String]) -> [String] {
    tree.filter { !$0.hasPrefix(". ") }
  }

  @Test func kernelEarlyScanFindsMicrocodeAndTables() throws {
    let image = Array(try Data(contentsOf: URL(fileURLWithPath: build(Self.early))))
    let intel = try #require(earlyScan(image, "kernel/x86/microcode/GenuineIntel.bin"))
    #expect(intel.data.count == 4096 && intel.offset % 16 == 0)
    let amd = try #require(earlyScan(image, "kernel/x86/microcode/AuthenticAMD.bin"))
    #expect(amd.data.count == 1004 && amd.offset % 16 == 0)
    let table = try #require(earlyScan(image, "kernel/firmware/acpi/ssdt.aml"))
    #expect(table.data.prefix(4).elementsEqual("SSDT".utf8))
    let inspected = try Mkinitrd.run(["inspect", folder.path("initrd.img"), "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(inspected.output)) as? [String: Any]
    let segments = try #require(object?["segments"] as? [[String: Any]])
    #expect(segments.map { $0["compression"] as? String } == ["none", "gzip"])
    #expect((segments[1]["offset"] as? Int ?? 1) % 512 == 0)
  }

  @Test(arguments: [
    (#""early": { "microcode": ["/small-not-there"] }"#, "root/small-not-there"),
    (#""early": { "microcode": ["./ssdt.aml"] }"#, "this is not microcode of Intel or AMD"),
    (#""early": { "acpi": ["/gone.aml"] }"#, "root/gone.aml"),
  ])
  func missingEarlyFilesAreErrors(keys: String, message: String) throws {
    _ = try build(Self.early)
    let text = try String(contentsOf: folder / "manifest.json", encoding: .utf8)
    try folder.write("manifest.json", text.replacing(Self.early, with: keys))
    let result = try Mkinitrd.run([
      "build", folder.path("manifest.json"), "-o", folder.path("x.img"),
    ])
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test(
    .enabled(if: Checkout.isPrepared, "needs the kernels of make test"),
    arguments: ["none", "gzip", "lz4", "zstd"])
  func kernelUnpacksAllSegments(compression: String) throws {
    var trees: [[String]] = []
    for main in ["none", "xz", "lz4"] {
      let image = try build(
        """
        \(Self.early), "compression": "\(main)", "segments": [
          { "name": "big", "contents": ["/big/**"], "compression": "\(compression)" },
          { "name": "small", "contents": ["/smal*", "/nothing"], "compression": "\(compression)" },
          { "name": "void", "contents": ["/void"] }]
        """, initFile: Boot.treeInit)
      let unpacked = try Boot.unpack(image)
      #expect(!unpacked.console.contains("nitramfs unpacking failed"), "\(unpacked.console)")
      for line in [
        "big/one f 0644 0 0 10000 ", "big/two f 0644 0 0 70001 ", "small f 0644 ", "init f 0755 ",
        "kernel/x86/microcode/GenuineIntel.bin f 0644 0 0 4096 ",
      ] {
        #expect(unpacked.tree.contains { $0.hasPrefix(line) }, "\(line) in \(unpacked.tree)")
      }
      trees.append(Self.withoutRoot(unpacked.tree))
    }
    #expect(trees[0] == trees[1] && trees[1] == trees[2])
  }

  @Test(arguments: ["gzip", "zstd"]) func compressedArchivesAreNotAligned(codec: String) throws {
    let images = try [4, 4096].map { alignment in
      let keys = "\"compression\": \"\(codec)\", \"output\": { \"align\": \(alignment) }"
      return try Data(contentsOf: URL(fileURLWithPath: build("\(Self.early), \(keys)")))
    }
    #expect(images[0] == images[1])
  }

  @Test(
    .enabled(if: Checkout.isPrepared, "needs the kernels of make test"), arguments: [8, 512, 4096])
  func fileDataIsAligned(alignment: Int) throws {
    let image = try build(
      "\(Self.early), \"compression\": \"none\", \"output\": { \"align\": \(alignment) }",
      initFile: Boot.treeInit)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: image))
    for value: UInt8 in [1, 2] {
      let start = try #require(bytes.firstRange(of: Data(repeating: value, count: 6000))).lowerBound
      #expect(start % alignment == 0)
    }
    let plain = try Boot.unpack(try build("\"compression\": \"none\"", initFile: Boot.treeInit))
      .tree
    let aligned = try Boot.unpack(
      try build(
        "\"compression\": \"none\", \"output\": { \"align\": \(alignment) }",
        initFile: Boot.treeInit)
    ).tree
    #expect(Self.withoutRoot(plain) == Self.withoutRoot(aligned))
    let listed = try run(
      "cpio", ["-it", "--quiet"], input: Data(contentsOf: URL(fileURLWithPath: image)))
    #expect(listed.text.split(separator: "\n").contains("big/two"))
  }
}
