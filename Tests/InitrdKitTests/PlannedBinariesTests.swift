import Foundation
import InitrdKit
import TestSupport
import Testing

/// `binaries` of a manifest: the entries of the plan, and what is told about missing files.
@Suite struct PlannedBinariesTests {
  private let folder: TemporaryFolder

  private static let loader = "/lib64/ld-linux-x86-64.so.2"

  /// A root with merged directories, as distributions have it.
  init() throws {
    folder = try TemporaryFolder()
    let script = """
      mkdir -p root/usr/bin root/usr/sbin root/usr/lib/x86_64-linux-gnu root/usr/lib64 root/etc/alternatives
      for name in bin sbin lib lib64; do ln -s usr/$name root/$name; done
      ln -s ../lib/x86_64-linux-gnu/ld-2.36.so root/usr/lib64/ld-linux-x86-64.so.2
      ln -s liba.so.1.2 root/usr/lib/x86_64-linux-gnu/liba.so.1
      ln -s /etc/alternatives/tool root/usr/bin/tool; ln -s /usr/bin/tool-real root/etc/alternatives/tool
      """
    let result = try run("sh", ["-ec", script], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    try write("usr/lib/x86_64-linux-gnu/ld-2.36.so", SampleELF("ld-linux-x86-64.so.2"))
    try write("usr/lib/x86_64-linux-gnu/liba.so.1.2", SampleELF("liba.so.1"))
    try write("usr/bin/tool-real", SampleELF(program: Self.loader, needs: ["liba.so.1"]))
    try write("usr/bin/plain", SampleELF(program: Self.loader, needs: ["liba.so.1"]))
    try folder.write("root/usr/bin/busybox", SampleSysroot.busybox(), mode: 0o755)
  }

  private func write(_ path: String, _ elf: SampleELF) throws {
    try folder.write("root/\(path)", elf.bytes, mode: 0o755)
  }

  private func manifest(_ binaries: Manifest.Binary...) -> Manifest {
    var manifest = Manifest()
    manifest.sysroot = folder.path("root")
    manifest.kernel = nil
    manifest.busybox = nil
    manifest.linuxrc.template = .none
    manifest.isPartial = true
    manifest.binaries = binaries
    return manifest
  }

  /// The entries: `PATH`, `PATH -> TARGET`, `PATH/`.
  private func entries(_ plan: Plan) -> [String] {
    plan.entries.map { entry in
      switch entry.content {
      case .directory: "\(entry.path)/"
      case .symlink(let target): "\(entry.path) -> \(String(decoding: target, as: UTF8.self))"
      default: "\(entry.path)"
      }
    }
  }

  private func errors(_ manifest: Manifest) -> [Diagnostic] {
    do throws(InitrdError) {
      _ = try manifest.plan()
      return []
    } catch { return error.diagnostics }
  }

  @Test func linksAreKept() throws {
    let plan = try manifest("/bin/tool").plan()
    #expect(
      entries(plan).filter { !$0.hasSuffix("/") && $0 != "/dev/console" }
        == [
          "/bin -> usr/bin", "/etc/alternatives/tool -> /usr/bin/tool-real", "/lib -> usr/lib",
          "/lib64 -> usr/lib64",
          "/usr/bin/tool -> /etc/alternatives/tool", "/usr/bin/tool-real",
          "/usr/lib/x86_64-linux-gnu/ld-2.36.so",
          "/usr/lib/x86_64-linux-gnu/liba.so.1 -> liba.so.1.2",
          "/usr/lib/x86_64-linux-gnu/liba.so.1.2",
          "/usr/lib64/ld-linux-x86-64.so.2 -> ../lib/x86_64-linux-gnu/ld-2.36.so",
        ])
    let reasons = Dictionary(
      uniqueKeysWithValues: plan.entries.map { ("\($0.path)", $0.reasons.map(\.description)) })
    #expect(reasons["/usr/bin/tool-real"] == ["requested by binaries: /bin/tool"])
    #expect(
      reasons["/usr/lib/x86_64-linux-gnu/liba.so.1.2"]?.first == "library of /usr/bin/tool-real")
    #expect(
      reasons["/usr/lib64/ld-linux-x86-64.so.2"] == [
        "leads to /usr/lib/x86_64-linux-gnu/ld-2.36.so"
      ])
    #expect(
      reasons["/usr/lib/x86_64-linux-gnu/ld-2.36.so"] == ["dynamic linker of /usr/bin/tool-real"])
    #expect(plan.sizesByKind.map(\.kind).contains(.libraries))
  }

  /// The image keeps its own /bin and /lib, and has links of their own for the files of the sysroot.
  @Test func directoriesOfTheImageStay() throws {
    var manifest = manifest("/bin/tool", "/bin/plain")
    manifest.busybox = Manifest.Busybox()
    manifest.busybox?.applets = .list(["sh"])
    manifest.directories = [.init(try ImagePath("/lib64/x"))]
    let plan = try manifest.plan()
    let found = entries(plan)
    for entry in [
      "/bin/", "/bin/busybox", "/bin/plain -> ../usr/bin/plain", "/bin/tool -> ../usr/bin/tool",
      "/lib64/", "/lib64/ld-linux-x86-64.so.2 -> ../usr/lib64/ld-linux-x86-64.so.2",
      "/usr/bin/tool -> /etc/alternatives/tool", "/usr/bin/plain",
    ] {
      #expect(found.contains(entry), "\(entry)")
    }
  }

  @Test func interpreterOfTheImageIsUsed() throws {
    try folder.write("root/usr/bin/script", "#!/bin/sh\n", mode: 0o755)
    try write("usr/bin/sh", SampleELF(program: Self.loader, needs: ["liba.so.1"]))
    var manifest = manifest("/usr/bin/script")
    #expect(entries(try manifest.plan()).contains("/usr/bin/sh"))
    manifest.busybox = Manifest.Busybox()
    manifest.busybox?.applets = .list(["sh"])
    let found = entries(try manifest.plan())
    #expect(found.contains("/bin/sh -> busybox"))
    #expect(!found.contains("/usr/bin/sh"))
  }

  @Test func programsCanBeMoved() throws {
    try folder.write("agent", SampleELF(program: Self.loader, needs: ["liba.so.1"]).bytes)
    var beside = Manifest.Binary("./agent", dest: try ImagePath("/bin/agent"))
    beside.ownership.mode = 0o700
    var manifest = manifest(
      Manifest.Binary("/usr/bin/plain", dest: try ImagePath("/sbin/other")), beside)
    manifest.folder = folder.url.path
    let plan = try manifest.plan()
    let found = entries(plan)
    #expect(found.contains("/sbin/other"))
    #expect(!found.contains("/usr/bin/plain"))
    #expect(found.contains("/usr/lib/x86_64-linux-gnu/liba.so.1.2"))
    #expect(plan.entries.first { "\($0.path)" == "/bin/agent" }?.mode == 0o700)
  }

  @Test func librariesCanBeLeftOut() throws {
    var binary = Manifest.Binary("/usr/bin/plain")
    binary.libraries = false
    #expect(
      entries(try manifest(binary).plan()).filter { !$0.hasSuffix("/") } == [
        "/dev/console", "/usr/bin/plain",
      ])
  }

  @Test func everythingMissingIsToldAtOnce() throws {
    try write(
      "usr/bin/bad", SampleELF(program: "/lib64/ld-none.so", needs: ["liba.so.2", "libz.so"]))
    try write("usr/bin/other", SampleELF(program: Self.loader, needs: ["libz.so"]))
    try folder.write("root/usr/bin/text", "text\n", mode: 0o755)
    try folder.write("root/usr/bin/script", "#!/usr/bin/none\n", mode: 0o755)
    try write("usr/bin/arm", SampleELF().with { $0.machine = 183 })
    try write("usr/bin/cut", SampleELF(needs: ["a"]).with { $0.shift = 5000 })
    var optional = Manifest.Binary("/usr/bin/nothing")
    optional.optional = true
    let found = errors(
      manifest(
        "/usr/bin/plain", "/usr/bin/bad", "/usr/bin/other", "/usr/bin/plian", "/usr/bin/text",
        "/usr/bin/script", "/usr/bin/arm", "/usr/bin/cut", optional))
    let root = folder.path("root")
    #expect(
      found.map { $0.message }
        == [
          "binaries: no file at \(root)/usr/bin/plian",
          "neither an ELF program nor a script, so it is not a program",
          "this file is for aarch64, but the image is for x86_64",
          "a damaged ELF file: names, notes or its dynamic section are not valid",
          "binaries: /usr/bin/bad needs /lib64/ld-none.so; it is not in the sysroot",
          "binaries: /usr/bin/bad needs liba.so.2; it is not in the sysroot",
          "binaries: /usr/bin/bad needs libz.so, and /usr/bin/other too; it is not in the sysroot",
          "binaries: /usr/bin/script needs /usr/bin/none; it is not in the sysroot",
        ])
    #expect(found.map(\.remedy).contains("did you mean /usr/bin/plain?"))
    #expect(
      found.map(\.remedy).contains("the nearest name is /usr/lib/x86_64-linux-gnu/liba.so.1"))
  }

  @Test func librariesOutsideOfTheDefaultsGetACache() throws {
    try folder.write("root/etc/ld.so.conf", "/opt/lib\n")
    try write("opt/lib/libo.so.10", SampleELF("libo.so.10"))
    try write("opt/lib/libo.so.9", SampleELF("libo.so.9"))
    try write("usr/bin/p", SampleELF(program: Self.loader, needs: ["libo.so.9", "libo.so.10"]))
    let plan = try manifest("/usr/bin/p").plan()
    let cache = try #require(plan.entries.first { "\($0.path)" == "/etc/ld.so.cache" })
    guard case .bytes(let bytes) = cache.content else {
      Issue.record("not made here")
      return
    }
    try folder.write("image/etc/ld.so.cache", bytes)
    // glibc's own program reads it.
    let shown = try run("/sbin/ldconfig", ["-p", "-C", folder.path("image/etc/ld.so.cache")])
    #expect(shown.status == 0, "\(shown.errors)")
    let lines = shown.text.split(separator: "\n").dropFirst().map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    #expect(
      lines.filter { $0.hasPrefix("lib") } == [
        "libo.so.10 (libc6,x86-64) => /opt/lib/libo.so.10",
        "libo.so.9 (libc6,x86-64) => /opt/lib/libo.so.9",
      ])
  }

  @Test func listedFilesWin() throws {
    var manifest = manifest("/usr/bin/plain")
    let path = try ImagePath("/usr/lib/x86_64-linux-gnu/liba.so.1.2")
    manifest.files = [.init(.content(Array("mine".utf8)), dest: path)]
    let entry = try #require(try manifest.plan().entries.first { $0.path == path })
    guard case .bytes = entry.content else {
      Issue.record("the library has won")
      return
    }
  }

  /// Unpacked packages have no links of merged directories.
  @Test func mergedDirectoriesWithoutLinksWork() throws {
    for name in ["bin", "sbin", "lib", "lib64"] {
      try FileManager.default.removeItem(atPath: folder.path("root/\(name)"))
    }
    let found = entries(try manifest("/bin/plain").plan())
    #expect(found.contains("/bin -> usr/bin"))
    #expect(found.contains("/lib64 -> usr/lib64"))
    #expect(found.contains("/usr/bin/plain"))
  }

  @Test func notesBecomeReasonsAndNotes() throws {
    try write(
      "usr/bin/p",
      SampleELF(program: Self.loader).with {
        $0.notes = [
          #"[{"soname": ["liba.so.1"], "feature": "a", "priority": "suggested"}]"#,
          #"[{"soname": ["libn.so"], "feature": "n"}]"#,
        ]
      })
    var binary = Manifest.Binary("/usr/bin/p")
    let plan = try manifest(binary).plan()
    #expect(!entries(plan).contains("/usr/lib/x86_64-linux-gnu/liba.so.1.2"))
    #expect(
      plan.notes.map(\.message).contains(
        "binaries: /usr/bin/p loads libn.so at run time (recommended, for n); it is not in the sysroot"
      ))
    binary.dlopen = .suggested
    let path = try ImagePath("/usr/lib/x86_64-linux-gnu/liba.so.1.2")
    #expect(
      try manifest(binary).plan().entries.first { $0.path == path }?.reasons.map(\.description)
        == ["suggested by /usr/bin/p at run time for a"])
  }
}
