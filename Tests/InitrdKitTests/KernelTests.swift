import Foundation
import TestSupport
import Testing

@testable import InitrdKit

@Suite struct GlobTests {
  @Test(arguments: [
    ("virtio_*", "virtio_blk", true), ("virtio_*", "virtio", false), ("*", "", true),
    ("", "", true),
    ("a?c", "abc", true), ("a?c", "ac", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false),
    ("[^a]x", "bx", true), ("[]x]", "]", true), ("[a-", "[a-", true), ("*a*b*c", "xxaxxbxxc", true),
    ("*a*b*c", "xxaxxbxx", false), ("a\\*", "a*", true), ("a\\*", "ab", false), ("**", "x", true),
    ("virtio:d00000002v*", "virtio:d00000002v00001AF4", true), ("[z-a]", "m", false),
  ])
  func matches(pattern: String, text: String, expected: Bool) {
    #expect(Glob(pattern.utf8).matches(text.utf8) == expected)
  }

  @Test func manyStarsAreMatchedQuickly() {
    let pattern = String(repeating: "*a", count: 200) + "b"
    #expect(!Glob(pattern.utf8).matches(String(repeating: "a", count: 2000).utf8))
  }
}

@Suite struct BusyboxTests {
  @Test func appletsAreReadFromTheFile() throws {
    let busybox = try BusyboxBinary(SampleSysroot.busybox())
    #expect(busybox.applets.first == "[")
    #expect(busybox.applets.contains("switch_root"))
    #expect(busybox.architecture == .x86_64)
  }

  @Test(.enabled(if: Checkout.isPrepared, "needs the busybox of make test"))
  func appletsMatchTheListOfBusybox() throws {
    let file = Checkout.kernels.appendingPathComponent("cloud/bin/busybox")
    let busybox = try BusyboxBinary(Array(try Data(contentsOf: file)))
    let told = try run(file.path, ["--list"]).text.split(separator: "\n").map(String.init)
    #expect(busybox.applets == told)
  }

  @Test func filesThatAreNotBusyboxAreRefused() throws {
    for bytes in [
      [], Array("#!/bin/sh\n".utf8), SampleSysroot.elf(), SampleSysroot.busybox(dynamic: true),
    ] {
      #expect(throws: InitrdError.self) { try BusyboxBinary(bytes) }
    }
  }

  @Test func truncatedAndChangedFilesDoNotTrap() {
    let good = SampleSysroot.busybox(dynamic: true)
    for length in 0..<good.count { _ = try? BusyboxBinary(Array(good.prefix(length))) }
    for index in good.indices {
      for value: UInt8 in [0, 1, 0x7F, 0xFF] {
        var bytes = good
        bytes[index] = value
        _ = try? BusyboxBinary(bytes)
      }
    }
  }

  @Test(arguments: [(SampleSysroot.Machine.x86, Architecture.x86_64), (.arm, .aarch64)])
  func architectureIsReadFromTheELFHeader(machine: SampleSysroot.Machine, expected: Architecture)
    throws
  {
    let bytes = SampleSysroot.elf(machine)
    #expect(try ELF(bytes)?.architecture == expected)
  }
}

@Suite struct KernelConfigTests {
  private let config = KernelConfig(
    text:
      "# CONFIG_A is not set\nCONFIG_RD_ZSTD=y\r\nCONFIG_X=m\nCONFIG_S=\"a=b\"\nCONFIG_EXT4_FS=y"
      .utf8)

  @Test func valuesAreRead() {
    #expect(config["CONFIG_A"] == nil)
    #expect(config["CONFIG_X"] == "m")
    #expect(config["CONFIG_S"] == "\"a=b\"")
    #expect(config.canDecode(.zstd))
    #expect(!config.canDecode(.gzip))
    #expect(config.canDecode(.uncompressed))
    #expect(config.hasBuiltIn(module: "ext4"))
    #expect(!config.hasBuiltIn(module: "x"))
  }

  /// A minimal bzImage: the setup header, a release, a payload.
  private func image(payload: [UInt8], release: String = "6.9.0-test (me) #1") -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1024)
    bytes[0x1F1] = 1
    (bytes[0x1FE], bytes[0x1FF]) = (0x55, 0xAA)
    bytes.replaceSubrange(0x202..<0x206, with: "HdrS".utf8)
    bytes[0x20E] = 0x90
    bytes.replaceSubrange(0x290..<(0x290 + release.utf8.count), with: release.utf8)
    for shift in 0..<4 {
      bytes[0x24C + shift] = UInt8(truncatingIfNeeded: payload.count >> (8 * shift))
    }
    return bytes + payload
  }

  private func compressed(_ bytes: [UInt8], _ codec: Compression) throws -> [UInt8] {
    var result: [UInt8] = []
    var compressor = try Compressor(codec, contentSize: UInt64(bytes.count))
    let sink: Compression.Sink = { (piece: Span<UInt8>) throws(InitrdError) in
      for index in piece.indices { result.append(piece[index]) }
    }
    try compressor.write(bytes.span, to: sink)
    try compressor.finish(to: sink)
    return result
  }

  @Test(arguments: [Compression.gzip, .xz, .zstd, .lz4])
  func configurationInsideTheImageIsFound(codec: Compression) throws {
    let text = Array("CONFIG_RD_XZ=y\n".utf8)
    let mark = Array("IKCFG_ST".utf8)
    let vmlinux =
      [UInt8](repeating: 7, count: 5000) + mark + [1, 2, 3] + mark
      + (try compressed(text, .gzip)) + Array("IKCFG_ED".utf8)
    var payload = try compressed(vmlinux, codec)
    // Removes the final NULs of lz4, which the command lz4 does not write.
    while codec == .lz4, payload.last == 0 { payload.removeLast() }
    // The kernel's build appends the uncompressed size.
    payload += [0, 0, 1, 0]
    let found = try KernelImage(image(payload: payload), name: "vmlinuz")
    #expect(found.release == "6.9.0-test")
    #expect(try found.config()?.canDecode(.xz) == true)
    #expect(try KernelImage(image(payload: [1, 2, 3]), name: "vmlinuz").config() == nil)
  }

  @Test func brokenImagesHaveNoConfiguration() throws {
    let good = image(payload: try compressed(Array("no configuration".utf8), .gzip))
    for length in stride(from: 0, to: good.count, by: 7) {
      let cut = try? KernelImage(Array(good.prefix(length)), name: "cut")
      _ = try? cut?.config()
    }
    var far = good
    far.replaceSubrange(0x248..<0x250, with: [UInt8](repeating: 0xFF, count: 8))
    #expect(try KernelImage(far, name: "far").config() == nil)
  }

  @Test(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
  func releaseOfDebianImagesIsRead() throws {
    for flavour in Checkout.flavours {
      let release = try Checkout.release(of: flavour)
      let file = URL(fileURLWithPath: try Checkout.kernel(of: flavour, "vmlinuz"))
      let image = try KernelImage(Array(try Data(contentsOf: file)), name: flavour)
      #expect(image.release == release)
      // Debian's kernels contain no configuration, and the search must not fail: cloud is lz4, cloud-next is
      // xz.
      #expect(throws: Never.self) { try image.config() }
    }
  }
}

@Suite struct ModuleResolverTests {
  private func resolve(
    _ modules: Manifest.Modules, _ sample: SampleSysroot? = nil
  ) throws -> ModuleResolver.Resolution {
    let sample = try sample ?? SampleSysroot()
    let sysroot = try Sysroot(sample.path)
    let index = try ModuleIndex(tree: "lib/modules/\(SampleSysroot.release)", in: sysroot)
    let resolution = ModuleResolver.resolve(modules, in: index)
    try resolution.diagnostics.requireNoErrors()
    return resolution
  }

  private func modules(_ include: Manifest.Item...) -> Manifest.Modules {
    var modules = Manifest.Modules()
    modules.include = include
    return modules
  }

  @Test(arguments: [
    ("virtio_blk", ["virtio", "virtio_ring", "virtio_blk"]),
    ("virtio-blk", ["virtio", "virtio_ring", "virtio_blk"]),
    ("kernel/drivers/block/virtio_blk.ko", ["virtio", "virtio_ring", "virtio_blk"]),
    (
      "lib/modules/6.1.0-sample/kernel/drivers/block/virtio_blk.ko.xz",
      ["virtio", "virtio_ring", "virtio_blk"]
    ),
    ("crc32c-intel", ["crc32c_intel"]),
    ("ext4", ["crc32c_intel", "crc32c_generic", "mbcache", "crc16", "ext4"].sorted()),
    ("fs-ext4", ["crc32c_intel", "crc32c_generic", "mbcache", "crc16", "ext4"].sorted()),
  ])
  func namesIncludeDependencies(item: String, expected: [String]) throws {
    let found = try resolve(modules(.init(item)))
    #expect(found.loadOrder.sorted() == expected.sorted())
    #expect(found.modules.map(\.module.name).sorted() == expected.sorted())
    if let last = item.split(separator: "/").last, last.hasPrefix("virtio") {
      #expect(found.loadOrder == ["virtio", "virtio_ring", "virtio_blk"])
    }
  }

  @Test(arguments: [
    ("virtio*", 3), ("kernel/fs/", 5), ("kernel/fs/ext4", 5), ("kernel/*/virtio/*", 2),
    ("crc32c-*", 2), ("CRC*", 0),
  ])
  func patternsIncludeModulesWithoutLoadingThem(item: String, count: Int) throws {
    guard count > 0 else {
      #expect(throws: InitrdError.self) { try resolve(modules(.init(item))) }
      return
    }
    let found = try resolve(modules(.init(item)))
    #expect(found.modules.count == count)
    #expect(found.loadOrder.isEmpty)
  }

  @Test func softDependenciesAreLoadedFirst() throws {
    let order = try resolve(modules("ext4")).loadOrder
    #expect(
      order == ["crc32c_intel", "crc32c_generic", "mbcache", "crc16", "ext4"]
        || order == ["crc32c_intel", "crc32c_generic", "crc16", "mbcache", "ext4"])
    var without = modules("ext4")
    without.softdeps = false
    #expect(try resolve(without).loadOrder.count == 3)
  }

  @Test func circularAndMissingSoftDependenciesAreAccepted() throws {
    let sample = try SampleSysroot(
      softdeps: """
        softdep mbcache pre: crc16 post: dummy
        softdep crc16 ignored pre: mbcache nothing
        softdep dummy\tpre:\tdummy

        """)
    let found = try resolve(modules("mbcache"), sample)
    #expect(found.loadOrder == ["crc16", "mbcache", "dummy"])
    #expect(
      found.diagnostics.all.map(\.message) == [
        "crc16 has a soft dependency on nothing, which this kernel does not have"
      ])
  }

  @Test func longDependencyChainsAreResolved() throws {
    let count = 20_000
    var text = ""
    for number in 0..<count {
      text += "m\(number).ko:\(number + 1 < count ? " m\(number + 1).ko" : "")\n"
    }
    let sample = try SampleSysroot(
      dependencies: [],
      softdeps: (0..<5000).map {
        "softdep m\($0) pre: m\($0 + 2)\n"
      }.joined())
    try sample.folder.write("root/lib/modules/\(SampleSysroot.release)/modules.dep", text)
    #expect(try resolve(modules("m0"), sample).modules.count == count)
  }

  @Test func dependencyOrderOverridesSoftDependency() throws {
    let sample = try SampleSysroot(
      dependencies: [("a.ko", []), ("b.ko", ["a.ko"])], softdeps: "softdep a pre: b\n")
    #expect(try resolve(modules("b"), sample).loadOrder == ["a", "b"])
    #expect(try resolve(modules("a"), sample).loadOrder == ["a"])
  }

  @Test func errorHasTheLineOfModulesDep() throws {
    let sample = try SampleSysroot()
    try sample.folder.write(
      "root/lib/modules/\(SampleSysroot.release)/modules.dep",
      "a.ko:\n\n\n# x\n\u{ff}.ko:\nno colon\n")
    let error = #expect(throws: InitrdError.self) { try resolve(modules("a"), sample) }
    #expect(error?.location?.line == 6)
  }

  @Test func builtInModulesAreNotIncluded() throws {
    let found = try resolve(modules("rng_core", "rng-core"))
    #expect(found.modules.isEmpty)
    #expect(found.builtIn == ["rng_core"])
  }

  @Test func missingOptionalItemsBecomeNotes() throws {
    let found = try resolve(modules(.init("nothing", optional: true), "dummy"))
    #expect(found.loadOrder == ["dummy"])
    #expect(
      found.diagnostics.all == [
        Diagnostic(.note, .missing, "no module \"nothing\" in this kernel")
      ])
  }

  @Test func everyReasonIsKept() throws {
    let place = InitrdError.Location(file: "m.json", line: 3, column: 5)
    let found = try resolve(
      modules("virtio_blk", .init("virtio*", location: place), "ext4", "crc32c_generic"))
    func reasons(_ name: String) -> [Reason] {
      found.modules.first { $0.module.name == name }?.reasons ?? []
    }
    #expect(
      Set(reasons("virtio")) == [
        .requested(key: "modules.include", name: "virtio*", location: place),
        .dependency(of: "virtio_ring"), .dependency(of: "virtio_blk"),
      ])
    #expect(
      Set(reasons("virtio_blk")) == [
        .requested(key: "modules.include", name: nil, location: nil),
        .requested(key: "modules.include", name: "virtio*", location: place),
      ])
    #expect(
      Set(reasons("crc32c_generic")) == [
        .requested(key: "modules.include", name: nil, location: nil),
        .softDependency(of: "ext4", alias: "crypto-crc32c"),
      ])
  }

  @Test func excludedModulesAreNotIncluded() throws {
    var wanted = modules("kernel/drivers/")
    wanted.exclude = ["dummy"]
    #expect(try resolve(wanted).modules.count == 3)
    wanted = modules("ext4")
    wanted.exclude = ["crc32c*"]
    #expect(try resolve(wanted).loadOrder.count == 3)
    wanted = modules("dummy")
    wanted.exclude = ["dummy"]
    #expect(throws: InitrdError.self) { try resolve(wanted) }
  }

  @Test func blacklistedSoftDependenciesAreIncludedAndNotLoaded() throws {
    var wanted = modules("ext4")
    wanted.blacklist = ["crc32c-intel"]
    let found = try resolve(wanted)
    #expect(found.modules.count == 5)
    #expect(found.loadOrder.first == "crc32c_generic")
  }

  @Test func loadListDecidesTheOrder() throws {
    var wanted = modules("virtio_blk", "ext4")
    wanted.load = ["dummy", "virtio_blk"]
    let found = try resolve(wanted)
    #expect(found.loadOrder == ["dummy", "virtio", "virtio_ring", "virtio_blk"])
    #expect(found.modules.count == 9)
  }

  @Test func allMissingModulesAreReported() {
    let error = #expect(throws: InitrdError.self) {
      try resolve(modules("one", "two", "kernel/no/"))
    }
    #expect(error?.others.count == 2)
    #expect(error?.code == .missing)
  }

  @Test(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
  func loadOrderMatchesModprobe() throws {
    // Our load order contains every module that modprobe would insert.
    let folder = Checkout.kernels.appendingPathComponent("generic")
    let release = try Checkout.release(of: "generic")
    let sysroot = try Sysroot(folder.path)
    let index = try ModuleIndex(tree: "lib/modules/\(release)", in: sysroot)
    for name in [
      "ext4", "virtio_blk", "btrfs", "xfs", "nfsv4", "9p", "virtio_net", "dm_verity", "i915",
    ] {
      let shown = try run(
        "modprobe", ["-d", folder.path, "-S", release, "--show-depends", "-q", name])
      let theirs = shown.text.split(separator: "\n").filter { $0.hasPrefix("insmod") }.map {
        ModuleIndex.name(ofPath: $0.split(separator: " ")[1].utf8)
      }
      let ours = ModuleResolver.resolve(modules(.init(name)), in: index).loadOrder
      #expect(!theirs.isEmpty)
      // modprobe uses only the first line of a module in modules.softdep, and btrfs has several. The kernel
      // requests all of them at a mount.
      #expect(Set(ours).isSuperset(of: theirs), "\(name)")
      #expect(name == "btrfs" || Set(ours) == Set(theirs), "\(name)")
      // Each module follows all modules that its line in modules.dep names.
      var loaded: Set<String> = []
      for module in ours {
        let needs = index.modules[module]?.needs ?? []
        #expect(needs.allSatisfy(loaded.contains), "\(module) in \(ours)")
        loaded.insert(module)
      }
    }
  }
}
