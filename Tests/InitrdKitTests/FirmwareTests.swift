import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// `firmware`: what the modules of an image name, found in the order of the kernel.
@Suite struct FirmwareTests {
  private static let release = FirmwareTrial.release

  // MARK: The kernel's order

  /// Files that exist, each with its path as its content, and the one that the kernel takes for `a/b.bin`.
  @Test(arguments: [
    (["a/b.bin", "updates/a/b.bin", "RELEASE/a/b.bin", "updates/RELEASE/a/b.bin"], 3),
    (["a/b.bin", "updates/a/b.bin", "RELEASE/a/b.bin"], 1),
    (["a/b.bin", "RELEASE/a/b.bin"], 1), (["a/b.bin"], 0),
    // All directories for the plain name, before any for a suffix.
    (["updates/RELEASE/a/b.bin.zst", "updates/a/b.bin.xz", "a/b.bin"], 2),
    (["updates/RELEASE/a/b.bin.xz", "a/b.bin.zst"], 1),
    (["a/b.bin.xz", "updates/a/b.bin.xz"], 1),
    (["a/b.bin.xz", "a/b.bin.zst", "a/b.bin.gz"], 1),
  ])
  func kernelsOrder(files: [String], taken: Int) throws {
    let trial = try FirmwareTrial(["a/b.bin"], config: FirmwareTrial.both)
    let paths = files.map { $0.replacing("RELEASE", with: Self.release) }
    for path in paths {
      switch path.split(separator: ".").last {
      case "xz": try trial.add(path, path, compressedBy: "xz", ["--check=crc32"])
      case "zst": try trial.add(path, path, compressedBy: "zstd")
      default: try trial.add(path, path)
      }
    }
    let plan = try trial.plan()
    #expect(Array(try trial.contents(plan).keys) == [paths[taken]])
    let bytes = try Data(
      contentsOf: URL(fileURLWithPath: trial.sample.path + "/lib/firmware/" + paths[taken]))
    #expect(try trial.image(plan).contents(of: "lib/firmware/" + paths[taken]) == Array(bytes))
    #expect(plan.firmware.map(\.modules) == [["dummy"]] && plan.notes.isEmpty)
  }

  /// What the kernel skips: a directory and an empty file in an earlier place.
  @Test func onlyFilesWithContentCount() throws {
    let trial = try FirmwareTrial(["a.bin"])
    try trial.add("updates/\(Self.release)/a.bin/x", "directory")
    try trial.add("updates/a.bin", "")
    try trial.link("lib/firmware/\(Self.release)/a.bin", to: "nowhere")
    try trial.add("a.bin")
    #expect(try trial.contents(trial.plan()) == ["a.bin": "plain"])
  }

  // MARK: Compression

  /// A configuration, and the paths in the image for `x.bin.xz` and `z.bin.zst`.
  @Test(arguments: [
    (FirmwareTrial.both, ["x.bin.xz", "z.bin.zst"], 0),
    (FirmwareTrial.plain, ["x.bin", "z.bin"], 0),
    (
      FirmwareTrial.plain + "CONFIG_FW_LOADER_COMPRESS=y\nCONFIG_FW_LOADER_COMPRESS_XZ=y\n",
      ["x.bin.xz", "z.bin"], 0
    ),
    (
      FirmwareTrial.plain + "CONFIG_FW_LOADER_COMPRESS=y\nCONFIG_FW_LOADER_COMPRESS_ZSTD=y\n",
      ["x.bin", "z.bin.zst"], 0
    ),
    (FirmwareTrial.plain + "CONFIG_FW_LOADER_COMPRESS_XZ=y\n", ["x.bin", "z.bin"], 0),
    (nil, ["x.bin", "z.bin"], 2),
  ])
  func compressedFilesStayIfTheKernelReadsThem(
    config: String?, expected: [String], unknown: Int
  ) throws {
    let trial = try FirmwareTrial(["x.bin", "z.bin"], config: config)
    try trial.add("x.bin.xz", "of xz", compressedBy: "xz", ["--check=crc32"])
    try trial.add("z.bin.zst", "of zstd", compressedBy: "zstd")
    let plan = try trial.plan()
    let contents = try trial.contents(plan)
    #expect(contents.keys.sorted() == expected)
    if expected.contains("x.bin") { #expect(contents["x.bin"] == "of xz") }
    if expected.contains("z.bin") { #expect(contents["z.bin"] == "of zstd") }
    let note =
      "firmware: no kernel configuration is known, so \(unknown) compressed files are decompressed"
    #expect(plan.notes.contains { $0.message == note } == (unknown > 0))
    #expect(
      plan.firmware.compactMap(\.path).map(\.description)
        == ["/lib/firmware/x.bin", "/lib/firmware/z.bin"].map { path in
          expected.contains { path.hasSuffix("/" + $0) }
            ? path : path + (path.contains("x.") ? ".xz" : ".zst")
        })
  }

  /// Before 5.19 there was one option, for xz.
  @Test(arguments: [("5.18.3", true), ("5.19.0", false), ("6.1.0-x", false), ("4.19.1", true)])
  func oldKernelsReadOnlyXZ(release: String, reads: Bool) {
    let config = KernelConfig(text: "CONFIG_FW_LOADER_COMPRESS=y\n".utf8)
    #expect(config.firmwareCompressions(release: release) == (reads ? [.xz] : []))
  }

  /// Variants that the kernel's decompressors refuse: CRC64 and filters of xz, a zstd frame without its size.
  @Test(arguments: [
    ("a.bin.xz", "xz", ["--check=crc64"]), ("a.bin.xz", "xz", ["--check=sha256"]),
    ("a.bin.xz", "xz", ["--check=crc32", "--x86", "--lzma2"]),
    ("a.bin.zst", "zstd", ["--no-content-size"]),
  ])
  func variantsThatKernelsRefuseAreDecompressed(
    path: String, tool: String, options: [String]
  ) throws {
    let trial = try FirmwareTrial(["a.bin"], config: FirmwareTrial.both)
    let text = String(repeating: "some text ", count: 100)
    try trial.add(path, text, compressedBy: tool, options)
    #expect(try trial.contents(trial.plan()) == ["a.bin": text])
  }

  /// With no option for zstd, the kernel takes the xz beside it.
  @Test func aFileThatTheKernelReadsComesFirst() throws {
    let trial = try FirmwareTrial(
      ["a.bin"],
      config: FirmwareTrial.plain + "CONFIG_FW_LOADER_COMPRESS=y\nCONFIG_FW_LOADER_COMPRESS_XZ=y\n")
    try trial.add("updates/a.bin.zst", "zstd", compressedBy: "zstd")
    try trial.add("a.bin.xz", "xz", compressedBy: "xz", ["--check=none"])
    #expect(try trial.contents(trial.plan()).keys.sorted() == ["a.bin.xz"])
  }

  @Test func damagedCompressedFilesAreErrors() throws {
    let trial = try FirmwareTrial(["a.bin", "b.bin"])
    try trial.add("a.bin.xz", "no xz")
    try trial.add("b.bin.zst", "text", compressedBy: "zstd")
    let file = trial.sample.folder / "root/lib/firmware/b.bin.zst"
    try Data(contentsOf: file).dropLast(6).write(to: file)
    let error = #expect(throws: InitrdError.self) { try trial.plan() }
    #expect(error?.diagnostics.count == 2, "\(String(describing: error))")
    #expect(error?.message == "the file is not compressed, although its name says so")
    #expect(error?.location?.file?.hasSuffix("lib/firmware/a.bin.xz") == true)
  }

  @Test func manyDecompressedFilesAreNotHeld() throws {
    let trial = try FirmwareTrial(["a.bin", "b.bin"])
    let text = String(repeating: "0123456789abcdef", count: 1 << 16)
    for name in ["a.bin", "b.bin"] {
      try trial.add(
        name + ".xz", String(repeating: text, count: 10), compressedBy: "xz", ["-0"])
    }
    let plan = try trial.plan()
    let kinds = plan.entries.compactMap { entry -> String? in
      switch entry.content {
      case .bytes(let bytes) where bytes.count == 10 << 20: "held"
      case .decompressed(_, 10 << 20): "again"
      default: nil
      }
    }
    #expect(kinds == ["held", "again"])
    #expect(try trial.contents(plan)["b.bin"]?.utf8.count == 10 << 20)
  }

  // MARK: Names

  @Test func globsMatchAsInAShell() throws {
    let trial = try FirmwareTrial(["b/f*-[0-9].bin", "none-*.bin", "*/deep.bin"])
    for name in [
      "b/f-1.bin", "b/f-x-2.bin", "b/f-a.bin", "b/.f-1.bin", "b/c/f-1.bin", "c/deep.bin",
      "c/d/deep.bin", "updates/b/f-3.bin", "updates/b/f-1.bin",
    ] { try trial.add(name, name) }
    try trial.add("b/f-4.bin.xz", "4", compressedBy: "xz")
    let plan = try trial.plan()
    #expect(
      try trial.contents(plan) == [
        "updates/b/f-1.bin": "updates/b/f-1.bin", "updates/b/f-3.bin": "updates/b/f-3.bin",
        "b/f-x-2.bin": "b/f-x-2.bin", "b/f-4.bin": "4", "c/deep.bin": "c/deep.bin",
      ])
    #expect(
      plan.notes.map(\.message) == [
        "firmware: 1 file that modules name is not in the sysroot: none-*.bin (dummy)"
      ])
  }

  /// No name of a module leads out of lib/firmware, or costs much.
  @Test func hostileNamesAreHarmless() throws {
    let long = String(repeating: "x", count: 5000)
    let trial = try FirmwareTrial([
      "../../etc/passwd", "a/../../../etc/passwd", "/etc/passwd", "", "/", ".", "..",
      long, String(repeating: "d/", count: 2500) + "f", String(repeating: "*/", count: 2000) + "*",
      "[", "a\u{1B}[2J", "[!a-", "/plain.bin", "./dir//plain.bin",
    ])
    try trial.sample.folder.write("root/etc/passwd", "root")
    try trial.sample.folder.write("root/lib/etc/passwd", "root")
    try trial.add("plain.bin", "1")
    try trial.add("dir/plain.bin", "2")
    let plan = try trial.plan()
    #expect(try trial.contents(plan) == ["plain.bin": "1", "dir/plain.bin": "2"])
    let note = try #require(plan.notes.first?.message)
    #expect(note.utf8.count < 2500 && note.contains("a\\x1b[2J") && !note.contains("\u{1B}"))
    #expect(
      note.hasPrefix("firmware: 12 files that modules name are not in the sysroot: "), "\(note)")
    #expect(note.hasSuffix(" and 2 more"))
  }

  @Test func patternsAreBounded() throws {
    let trial = try FirmwareTrial(["many/*"])
    try trial.add("many/1", "1")
    let made = try run(
      "sh",
      [
        "-c", "cd \"$1\" && seq 2 20001 | xargs touch", "-",
        trial.sample.path + "/lib/firmware/many",
      ])
    #expect(made.status == 0)
    let error = #expect(throws: InitrdError.self) { try trial.plan() }
    #expect(error?.code == .limit)
    #expect(
      error?.message
        == "firmware: many/* of dummy: it matches more than 20000 firmware files")
    // 100 patterns of a module, each compared with 20,000 names.
    try trial.module("kernel/drivers/net/dummy.ko", (0..<100).map { "many/*a\($0)" })
    let slow = #expect(throws: InitrdError.self) { try trial.plan() }
    #expect(slow?.code == .limit && slow?.message.contains("1000000 names") == true)
    try trial.module("kernel/drivers/net/dummy.ko", (0...4096).map { "a\($0)" })
    let long = #expect(throws: InitrdError.self) { try trial.plan() }
    #expect(
      long?.message == "the module names more than 4096 firmware files in its .modinfo",
      "\(String(describing: long))")
  }

  @Test func compressedModulesNameFirmwareToo() throws {
    let trial = try FirmwareTrial()
    let tree = "root/lib/modules/\(Self.release)"
    let packed = try run("xz", ["-c"], input: Data(SampleSysroot.module(firmware: ["a.bin"])))
    try trial.sample.folder.write("\(tree)/kernel/packed.ko.xz", packed.output)
    try trial.sample.folder.write("\(tree)/modules.dep", "kernel/packed.ko.xz:\n")
    try trial.add("a.bin")
    for storage in Manifest.Modules.Storage.allCases {
      let plan = try trial.plan {
        $0.modules.include = ["packed"]
        $0.modules.storage = storage
      }
      #expect(try trial.contents(plan) == ["a.bin": "plain"])
    }
  }

  /// Of built-in drivers those count that the manifest names one by one.
  @Test func builtInDriversCountIfTheManifestNamesThem() throws {
    let trial = try FirmwareTrial()
    try trial.sample.folder.write(
      "root/lib/modules/\(Self.release)/modules.builtin.modinfo",
      "rng_core.license=GPL\0rng_core.firmware=rng.bin\0virtio_pci.firmware=virtio.bin\0x.firmware=\0"
    )
    for name in ["rng.bin", "virtio.bin"] { try trial.add(name) }
    #expect(try trial.contents(trial.plan()) == [:])
    let plan = try trial.plan { $0.modules.include = ["dummy", "rng-core"] }
    #expect(try trial.contents(plan) == ["rng.bin": "plain"])
    #expect(try trial.reasons(plan, "rng.bin") == [.firmware(of: "rng_core")])
  }
}
