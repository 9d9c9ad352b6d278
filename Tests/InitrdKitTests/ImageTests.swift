import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import InitrdKit

@Suite struct PlannerTests {
  /// The manifest of a partial image, which starts nothing.
  private static var part: Manifest {
    var manifest = Manifest()
    manifest.isPartial = true
    return manifest
  }

  private func plan(_ manifest: Manifest, _ sample: SampleSysroot) throws -> Plan {
    var manifest = manifest
    manifest.sysroot = sample.path
    manifest.folder = sample.folder.url.path
    return try Planner.plan(manifest)
  }

  @Test func everyEntryHasAReasonAndFollowsItsParents() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.modules.include = ["ext4"]
    manifest.files = [.init(.content([1]), dest: try ImagePath("/deep/er/and/deeper"))]
    let plan = try plan(manifest, SampleSysroot())
    var seen: Set<ImagePath> = [.root]
    for entry in plan.entries {
      #expect(entry.path.parent.map(seen.contains) == true, "\(entry.path)")
      #expect(!entry.reasons.isEmpty && !entry.reasons.text.isEmpty)
      seen.insert(entry.path)
    }
    #expect(plan.entries.map(\.path) == plan.entries.map(\.path).sorted())
    #expect(plan.entries.map(\.inode) == Array(1...UInt32(plan.entries.count)))
  }

  @Test func manifestOverridesGeneratedEntries() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.files = [.init(.content(Array("mine".utf8)), dest: try ImagePath("/init"))]
    manifest.directories = [
      .init(try ImagePath("/dev"), ownership: .init(mode: 0o700)),
      .init(try ImagePath("/a"), ownership: .init(mode: 0o711)), .init(try ImagePath("/a")),
    ]
    let plan = try plan(manifest, SampleSysroot())
    let initEntry = try #require(plan.entries.first { $0.path.description == "/init" })
    guard case .bytes(let bytes) = initEntry.content else { throw CocoaError(.featureUnsupported) }
    #expect(bytes == Array("mine".utf8))
    #expect(plan.entries.first { $0.path.description == "/dev" }?.mode == 0o700)
    #expect(plan.entries.first { $0.path.description == "/a" }?.mode == 0o755, "the later one wins")
  }

  @Test func planWithoutTemplateHasOnlyAConsole() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.linuxrc.template = .none
    manifest.busybox = nil
    manifest.kernel = nil
    let plan = try plan(manifest, SampleSysroot())
    #expect(plan.entries.map(\.path.description) == ["/dev", "/dev/console"])
    #expect(plan.main.compression == .gzip)
    #expect(
      plan.notes.first?.message == "compression: no kernel configuration is known, so gzip is used")
  }

  @Test func directoriesKeepAllTheirReasons() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.directories = [.init(try ImagePath("/dev")), .init(try ImagePath("/a"))]
    manifest.files = [.init(.content([]), dest: try ImagePath("/a/b"))]
    let plan = try plan(manifest, SampleSysroot())
    func reasons(_ path: String) -> Set<Reason> {
      Set(plan.entries.first { $0.path.description == path }?.reasons ?? [])
    }
    let requested = Reason.requested(key: "directories", name: nil, location: nil)
    #expect(reasons("/a") == [requested, .parent(of: try ImagePath("/a/b"))])
    #expect(
      reasons("/dev") == [
        requested, .generated(.mountPoint("devtmpfs")), .parent(of: try ImagePath("/dev/console")),
      ])
  }

  @Test func missingBusyboxIsReportedWithOtherErrors() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.busybox?.path = .init("bin/none", optional: true)
    manifest.modules.include = ["nothing"]
    let error = #expect(throws: InitrdError.self) { try self.plan(manifest, SampleSysroot()) }
    let messages = error?.diagnostics.map(\.message) ?? []
    #expect(messages.contains { $0.hasPrefix("no module \"nothing\"") })
    #expect(messages.contains("the template needs applets of busybox, but there is no busybox"))
  }

  @Test(arguments: [
    ("CONFIG_RD_ZSTD=y\nCONFIG_RD_LZ4=y", Compression.zstd),
    ("CONFIG_RD_LZ4=y\nCONFIG_RD_GZIP=y", .lz4),
    ("CONFIG_RD_XZ=y\nCONFIG_RD_GZIP=y", .gzip), ("CONFIG_RD_XZ=y", .xz),
    ("CONFIG_RD_LZO=y", .lzo), ("# CONFIG_RD_GZIP is not set", .uncompressed),
  ])
  func autoChoosesTheFirstSupportedCompression(config: String, expected: Compression) throws {
    let sample = try SampleSysroot(config: "CONFIG_BLK_DEV_INITRD=y\n" + config)
    let plan = try plan(Self.part, sample)
    #expect(plan.main.compression == expected)
    #expect(!plan.main.x86Filter, "the filter needs CONFIG_XZ_DEC_X86")
  }

  @Test func settingsAreQuotedForTheShell() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.linuxrc.program = ["/bin/it's", "$(reboot)", "a\"b\\"]
    manifest.linuxrc.environment = [.init(name: "A", value: "'; reboot '")]
    let plan = try plan(manifest, SampleSysroot())
    let entry = try #require(plan.entries.first { $0.path.description == "/etc/linuxrc.conf" })
    guard case .bytes(let bytes) = entry.content else { throw CocoaError(.featureUnsupported) }
    let result = try run(
      "sh",
      [
        "-c",
        "start() { printf '%s|' \"$@\"; }; eval \"$(cat)\"; program x; environment; echo \"$A\"",
      ],
      input: Data(bytes))
    #expect(result.text == "/bin/it's|$(reboot)|a\"b\\|x|'; reboot '\n", "\(result.errors)")
  }

  @Test func configurationTellsBuiltInModulesWithoutAModuleTree() throws {
    let sample = try SampleSysroot(
      config: "CONFIG_BLK_DEV_INITRD=y\nCONFIG_EXT4_FS=y\nCONFIG_VIRTIO_BLK=y")
    try sample.folder.write(
      "root/boot/config-9.9", "CONFIG_BLK_DEV_INITRD=y\nCONFIG_EXT4_FS=y\nCONFIG_VIRTIO_BLK=y\n")
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.kernel?.release = "9.9"
    manifest.modules.include = ["ext4", "virtio-blk", .init("loop", optional: true)]
    let plan = try plan(manifest, sample)
    #expect(plan.builtIn == ["ext4", "virtio-blk"])
    #expect(
      plan.notes.map(\.message).contains(
        "no module tree of 9.9 in the sysroot, and loop is not built in"))
    manifest.modules.include = ["loop"]
    #expect(throws: InitrdError.self) { try self.plan(manifest, sample) }
  }

  @Test func compressedModulesAreStoredAsRequested() throws {
    let sample = try SampleSysroot()
    let tree = "root/lib/modules/\(SampleSysroot.release)"
    for (tool, suffix) in [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst")] {
      let packed = try run(tool, ["-c"], input: Data(SampleSysroot.elf()))
      try sample.folder.write("\(tree)/kernel/\(suffix).ko.\(suffix)", packed.output)
      let list = URL(fileURLWithPath: sample.folder.path("\(tree)/modules.dep"))
      let old = try String(contentsOf: list, encoding: .utf8)
      try Data((old + "kernel/\(suffix).ko.\(suffix):\n").utf8).write(to: list)
    }
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.modules.include = ["gz", "xz", "zst"]
    let plain = try plan(manifest, sample).modules
    #expect(plain.map(\.size) == [64, 64, 64])
    #expect(plain.map(\.path.description).allSatisfy { $0.hasSuffix(".ko") })
    manifest.modules.storage = .asis
    let packed = try plan(manifest, sample)
    #expect(
      packed.modules.map(\.path.name).map { String(decoding: $0, as: UTF8.self) }
        == ["gz.ko.gz", "xz.ko.xz", "zst.ko.zst"])
  }

  @Test func variablesAreReplacedInTextAndNotInBytes() throws {
    let sample = try SampleSysroot()
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.name = "for ${release} on ${arch}"
    manifest.files = [
      .init(.content(Array("${release} ${HOME}".utf8)), dest: try ImagePath("/${arch}")),
      .init(.content(Array("\u{1}${release}$${".utf8)), dest: try ImagePath("/binary")),
    ]
    manifest.files[0].fillsVariables = true
    let plan = try plan(manifest, sample)
    #expect(plan.name == "for 6.1.0-sample on x86_64")
    let entry = try #require(plan.entries.first { $0.path.description == "/x86_64" })
    guard case .bytes(let bytes) = entry.content else { throw CocoaError(.featureUnsupported) }
    #expect(String(decoding: bytes, as: UTF8.self) == "6.1.0-sample ${HOME}")
    // Bytes that a program gives are data, not text.
    let binary = try #require(plan.entries.first { $0.path.description == "/binary" })
    guard case .bytes(let bytes) = binary.content else { throw CocoaError(.featureUnsupported) }
    #expect(String(decoding: bytes, as: UTF8.self) == "\u{1}${release}$${")
  }

  @Test func optionsAndBlacklistAreWrittenForModprobe() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.modules.include = ["dummy", "ext4"]
    manifest.modules.options = [.init(module: "dummy", options: "numdummies=3")]
    manifest.modules.blacklist = ["crc32c-intel"]
    let plan = try plan(manifest, SampleSysroot())
    let entry = try #require(
      plan.entries.first { $0.path.description == "/etc/modprobe.d/linuxrc.conf" })
    guard case .bytes(let bytes) = entry.content else { throw CocoaError(.featureUnsupported) }
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "options dummy numdummies=3\nblacklist crc32c_intel\n")
  }
}

@Suite struct ImageWriterTests {
  private func sample() throws -> (Plan, SampleSysroot) {
    let sample = try SampleSysroot()
    try sample.folder.write("root/etc/data", [UInt8](repeating: 7, count: 100_000))
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.sysroot = sample.path
    manifest.files = [.init(.path("/etc/data"), dest: try ImagePath("/data"))]
    manifest.compression = .named(.uncompressed, level: nil)
    return (try Planner.plan(manifest), sample)
  }

  @Test func writtenSizeMatchesThePlan() throws {
    let (plan, sample) = try sample()
    var bytes: [UInt8] = []
    let result = try plan.write { (piece: Span<UInt8>) throws(InitrdError) in
      for index in piece.indices { bytes.append(piece[index]) }
    }
    #expect(UInt64(bytes.count) == plan.archiveSize)
    #expect(result.bytes == plan.archiveSize)
    _ = sample
  }

  @Test(arguments: [
    "truncate -s 99999 root/etc/data", "truncate -s 100001 root/etc/data", "rm root/etc/data",
    "cp root/etc/data x && mv x root/etc/data", "rm root/etc/data && mkfifo root/etc/data",
  ])
  func changedSourceFileIsAnError(change: String) throws {
    let (plan, sample) = try sample()
    try sample.folder.write("initrd.img", "old")
    _ = try run("sh", ["-ec", change], in: sample.folder.url)
    let error = #expect(throws: InitrdError.self) {
      try plan.write(to: FilePath(sample.folder.path("initrd.img")))
    }
    #expect([.changed, .badInput].contains(error?.code))
    #expect(try Data(contentsOf: sample.folder / "initrd.img") == Data("old".utf8))
    let left = try FileManager.default.contentsOfDirectory(atPath: sample.folder.url.path)
    #expect(!left.contains { $0.contains("mkinitrd-new") })
  }

  /// A plan with compressed modules of 12 MiB each. Together they exceed the memory limit of a plan.
  private func largeModules() throws -> (Plan, SampleSysroot) {
    let sample = try SampleSysroot()
    let tree = "root/lib/modules/\(SampleSysroot.release)"
    let list = URL(fileURLWithPath: sample.folder.path("\(tree)/modules.dep"))
    var lines = try String(contentsOf: list, encoding: .utf8)
    for name in ["one", "two"] {
      let module =
        Data(SampleSysroot.elf()) + Data(repeating: name.utf8.first ?? 0, count: 12 << 20)
      let packed = try run("zstd", ["-1", "-c"], input: module)
      try sample.folder.write("\(tree)/kernel/\(name).ko.zst", packed.output)
      lines += "kernel/\(name).ko.zst:\n"
    }
    try Data(lines.utf8).write(to: list)
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.sysroot = sample.path
    manifest.modules.include = ["one", "two"]
    manifest.compression = .named(.uncompressed, level: nil)
    return (try Planner.plan(manifest), sample)
  }

  @Test func largeModulesAreDecompressedWhileWriting() throws {
    let (plan, sample) = try largeModules()
    let later = plan.entries.filter { if case .decompressed = $0.content { true } else { false } }
    #expect(later.map { String(decoding: $0.path.name, as: UTF8.self) } == ["two.ko"])
    let image = sample.folder.path("initrd.img")
    #expect(try plan.write(to: FilePath(image)).bytes == plan.archiveSize)
    let path = try #require(later.first).path.description.dropFirst()
    let unpacked = try run("sh", ["-ec", "cpio -i --quiet --to-stdout \(path) <\(image)"])
    let module = SampleSysroot.elf() + [UInt8](repeating: UInt8(ascii: "t"), count: 12 << 20)
    #expect(unpacked.output == module)
    let source = "root/lib/modules/\(SampleSysroot.release)/kernel/two.ko.zst"
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: sample.folder.path(source))[.size] as? Int)
    let script = "dd if=/dev/zero of=\(source) bs=\(size) count=1 conv=notrunc"
    _ = try run("sh", ["-ec", script], in: sample.folder.url)
    let error = #expect(throws: InitrdError.self) { try plan.write(to: FilePath(image)) }
    #expect(error?.code == .changed)
  }

  /// The file's size and inode number are unchanged; only its change time differs.
  @Test func sourceRewrittenWithTheSameSizeIsAnError() throws {
    let sample = try SampleSysroot()
    try sample.folder.write("root/data", "before")
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.sysroot = sample.path
    manifest.files = [.init(.path("/data"), dest: try ImagePath("/data"))]
    let plan = try Planner.plan(manifest)
    _ = try plan.write { _ in }
    // File times have a resolution of a few milliseconds, so the script repeats the write until the time
    // differs.
    let script =
      "c=$(stat -c %z root/data); until [ \"$(stat -c %z root/data)\" != \"$c\" ]; do"
      + " printf after. | dd of=root/data conv=notrunc 2>/dev/null; done"
    #expect(try run("sh", ["-ec", script], in: sample.folder.url).status == 0)
    let error = #expect(throws: InitrdError.self) { try plan.write { _ in } }
    #expect(error?.code == .changed)
  }

  @Test func temporaryFileOfAKilledBuildIsReused() throws {
    let (plan, sample) = try sample()
    try sample.folder.write(".initrd.img.mkinitrd-new", [UInt8](repeating: 1, count: 1_000_000))
    let result = try plan.write(to: FilePath(sample.folder.path("initrd.img")), mode: 0o640)
    let attributes = try FileManager.default.attributesOfItem(
      atPath: sample.folder.path("initrd.img"))
    #expect(attributes[.size] as? UInt64 == result.bytes)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    let left = try FileManager.default.contentsOfDirectory(atPath: sample.folder.url.path)
    #expect(!left.contains { $0.contains("mkinitrd-new") })
  }

  @Test func secondBuildOfTheSameTargetIsRefused() throws {
    let (plan, sample) = try sample()
    let path = sample.folder.path("initrd.img")
    var holder = try AtomicFile(replacing: path, mode: 0o600)
    let error = #expect(throws: InitrdError.self) { try plan.write(to: FilePath(path)) }
    #expect(error?.code == .conflict)
    try holder.commit()
    _ = try plan.write(to: FilePath(path))
  }

  @Test func fullDiskKeepsTheOldImage() throws {
    guard getuid() == 0 else { return }
    let (plan, sample) = try sample()
    let result = try run(
      "sh",
      ["-ec", "mkdir full; mount -t tmpfs -o size=64k tmpfs full; echo old >full/initrd.img"],
      in: sample.folder.url)
    #expect(result.status == 0, "\(result.errors)")
    defer { _ = try? run("umount", [sample.folder.path("full")]) }
    let error = #expect(throws: InitrdError.self) {
      try plan.write(to: FilePath(sample.folder.path("full/initrd.img")))
    }
    #expect(error?.code == .noSpace, "\(String(describing: error))")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: sample.folder.path("full")) == [
        "initrd.img"
      ])
    #expect(try String(contentsOf: sample.folder / "full/initrd.img", encoding: .utf8) == "old\n")
  }
}

@Suite struct SizeReportTests {
  @Test(arguments: [
    (UInt64(346_735), UInt64(340)), (768_052, 752), (271_520, 268), (0, 0), (1, 4), (4096, 4),
    (4097, 8),
  ])
  func sizeIsRoundedAsTheKernelDoes(bytes: UInt64, expected: UInt64) throws {
    // The first three values are from boots of x86 kernels.
    #expect(try SizeReport(bytes: bytes, baseline: .original).kernelK == expected)
  }

  @Test(arguments: [
    (
      UInt64(960 * 1024), Manifest.Baseline?.some(.original),
      "960K against the original 19784K: 20.6 times smaller"
    ),
    (8192, .kernelK(8), "8K against 8K: the same size"),
    (8192, .bytes(4096), "8K against 4K: 2.0 times larger"), (4097, nil, "8K"),
    (4096, .kernelK(19784), "4K against the original 19784K: 4946.0 times smaller"),
  ])
  func comparisonNamesBaselineAndRatio(
    bytes: UInt64, baseline: Manifest.Baseline?, expected: String
  ) throws {
    #expect(try SizeReport(bytes: bytes, baseline: baseline).comparison == expected)
  }
}

/// `ImageReader` with images that other tools made.
@Suite struct ImageReaderTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("tree/a/one", "1")
    try folder.write("tree/b", [UInt8](repeating: 9, count: 3_000_000))
    try folder.write("tree/early/x", "early")
  }

  private func image(_ script: String) throws -> String {
    let result = try run("sh", ["-ec", "cd tree; \(script)"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return folder.path("image")
  }

  private func names(_ path: String) throws -> (names: [String], segments: [ImageSegment]) {
    var reader = try ImageReader(path)
    var names: [String] = []
    try reader.read { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
      names.append(String(decoding: entry.name, as: UTF8.self))
    }
    return (names, reader.segments)
  }

  private static let archive = "find a b | LC_ALL=C sort | cpio -o -H newc --quiet"
  private static let early = "find early | LC_ALL=C sort | cpio -o -H newc --quiet"

  @Test(arguments: [
    "gzip", "gzip -1", "zstd", "zstd -19 --long=27", "xz --check=crc32", "lz4 -l", "cat",
  ])
  func imagesOfOtherToolsAreRead(codec: String) throws {
    for tool in [Self.archive, "printf 'a\\na/one\\nb\\n' | bsdcpio -o -H newc --quiet"] {
      let (names, segments) = try names(try image("\(tool) | \(codec) > ../image"))
      #expect(names == ["a", "a/one", "b"])
      #expect(segments.count == 1)
      #expect(segments[0].entries == 3)
      #expect(segments[0].uncompressedSize > 3_000_000)
    }
  }

  @Test func entriesAcrossTheBufferEndAreRead() throws {
    // The buffer ends after 256 KiB. The sizes place a header, name, padding and data of the next files
    // across that offset.
    try folder.write("tree/pad", "")
    for size in stride(from: 262_144 - 700, to: 262_144 + 8, by: 7) {
      try folder.write("tree/pad", [UInt8](repeating: 5, count: size))
      let path = try image("printf 'pad\\na/one\\nb\\n' | cpio -o -H newc --quiet > ../image")
      #expect(try names(path).names == ["pad", "a/one", "b"], "\(size)")
    }
  }

  @Test func entriesAcrossTheFirstReadsAreRead() throws {
    // Reads grow from 512 bytes. Empty files place headers and names across the end of each read.
    for length in 1...24 {
      let names = (0..<64).map { "\($0)-" + String(repeating: "n", count: length * 3) }
      for name in names { try folder.write("tree/\(name)", "") }
      try folder.write("names", names.map { $0 + "\n" }.joined())
      let path = try image("cpio -o -H newc --quiet <../names >../image")
      #expect(try self.names(path).names == names)
    }
  }

  /// The entries of an image and the error, read at once, in pieces, and by the exact decoder.
  private func readings(_ path: String) throws -> [String] {
    try [(192 << 20, false), (256 << 10, false), (192 << 20, true)].map { limit, isExact in
      var reader = try ImageReader(
        ImageFile(path), .init(memory: UInt64(limit)), isExact: isExact)
      var lines: [String] = []
      do throws(InitrdError) {
        try reader.read(
          selecting: { (entry: NewcReader.Entry, number: Int) throws(InitrdError) in
            lines.append("\(number) \(printable(entry.name))")
            return .readData
          }, data: { (piece: Span<UInt8>) throws(InitrdError) in lines[lines.count - 1] += " +" })
      } catch { lines.append("\(error)") }
      return (lines.map { $0.replacing(" +", with: "") } + reader.segments.map { "\($0)" })
        .joined(separator: "\n")
    }
  }

  @Test func gzipReadAtOnceAndInPiecesGivesTheSame() throws {
    let path = try image(
      """
      find a | cpio -o -H newc --quiet | gzip -n >../image; find early | cpio -o -H newc --quiet >../e
      gzip ../e; tail -c 8 ../e.gz | tr '\\0-\\377' '\\1-\\377\\0' >../sum; head -c -8 ../e.gz >>../image
      cat ../sum >>../image; printf '\\0\\0\\0' >>../image; cat ../e.gz >>../image; cp ../e.gz ../image2
      """)
    var all = try readings(path)
    #expect(all[0].contains("hasWrongChecksum: true") && all[0].contains("2 early/x"))
    #expect(Set(all).count == 1, "\(all)")
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    // Truncated or damaged at any byte, all three readings give the same entries and the same error.
    for at in bytes.indices {
      try folder.write("cut", Array(bytes[..<at]))
      all = try readings(folder.path("cut"))
      #expect(Set(all).count == 1, "cut at \(at): \(all)")
      var damaged = bytes
      damaged[at] ^= 0x10
      try folder.write("cut", damaged)
      all = try readings(folder.path("cut"))
      #expect(Set(all).count == 1, "damaged at \(at): \(all)")
    }
  }

  @Test func decompressionBombEndsAtTheLimit() throws {
    // Many NULs after an archive, compressed to some kilobytes.
    let path = try image("{ \(Self.archive); head -c 100M /dev/zero; } | zstd -q -T0 > ../image")
    let error = #expect(throws: InitrdError.self) {
      var reader = try ImageReader(path, .init(maxUncompressed: 32 << 20))
      try reader.read { (_: NewcReader.Entry, _: Int) throws(InitrdError) in }
    }
    #expect(error?.code == .limit)
  }

  @Test func earlyArchiveAndPaddingAreRead() throws {
    let (names, segments) = try names(
      try image(
        """
        \(Self.early) > ../image; head -c 512 /dev/zero >> ../image
        \(Self.archive) | gzip >> ../image; head -c 3 /dev/zero >> ../image
        \(Self.early) | zstd -q >> ../image
        """))
    #expect(names == ["early", "early/x", "a", "a/one", "b", "early", "early/x"])
    #expect(segments.map(\.compression) == [.uncompressed, .gzip, .zstd])
    #expect(segments[1].offset % 512 == 0)
  }

  @Test(arguments: [
    ("head -c 700 /dev/zero", "the file contains only NULs"), ("printf ''", "the file is empty"),
    ("printf 'BZh91AY&SY'", "truncated bzip2 stream"),
    ("echo nonsense", "not an initramfs: this is text"),
    ("\(archive) | head -c 1000", "ends inside of an entry"),
    ("\(archive) | gzip | head -c 1000", "truncated"),
    ("\(archive); echo trailing", "neither an archive"),
  ])
  func imageThatTheKernelRefusesIsAnError(script: String, message: String) throws {
    let path = try image("{ \(script); } > ../image")
    let error = #expect(throws: InitrdError.self) { try self.names(path) }
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    #expect(error?.location?.file == path)
  }
}
