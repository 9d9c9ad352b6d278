import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// The rules of ld.so(8) and of musl's dynamic linker, in trees of small ELF files.
@Suite struct LibraryResolverTests {
  private let folder: TemporaryFolder

  private static let loader = "/lib64/ld-linux-x86-64.so.2"

  init() throws {
    folder = try TemporaryFolder()
    try write("lib64/ld-linux-x86-64.so.2", SampleELF("ld-linux-x86-64.so.2"))
  }

  private func write(_ path: String, _ elf: SampleELF) throws {
    try folder.write("root/\(path)", elf.bytes, mode: 0o755)
  }

  private func program(_ needs: [String]) -> SampleELF {
    SampleELF(program: Self.loader, needs: needs)
  }

  /// The needs of /bin/p: `NAME > PATH`, `NAME missing`, with a word before it for what is not a library.
  private func needs(
    _ program: SampleELF? = nil, dlopen: DlopenNote.Priority? = nil, services: Bool = false,
    resolver: (inout LibraryResolver) -> Void = { _ in }
  ) throws -> [String] {
    if let program { try write("bin/p", program) }
    let sysroot = try Sysroot(folder.path("root"))
    var found = LibraryResolver()
    let options = LibraryResolver.Options(dlopen: dlopen, findsServices: services)
    let needs = try found.needs(of: Array("/bin/p".utf8), options, in: sysroot)
    resolver(&found)
    return needs.filter { $0.kind != .dynamicLinker }.map { need in
      let name = String(decoding: need.name, as: UTF8.self)
      let path = need.found.map { " > " + String(decoding: $0.path, as: UTF8.self) } ?? " missing"
      let kind =
        switch need.kind {
        case .library: ""
        case .variant(let level): level + " "
        case .dlopen(let priority, _): priority.rawValue + " "
        case .nameService: "service "
        case .unwinder: "unwinder "
        case .auxiliary: "auxiliary "
        case .interpreter, .programOfEnv: "runs "
        case .dynamicLinker: "loader "
        }
      return kind + name + path
    }
  }

  @Test func runpathIsForTheOwnLibrariesOnly() throws {
    try write("opt/a/liba.so", SampleELF("liba.so", needs: ["libb.so"]))
    try write("opt/a/libb.so", SampleELF("libb.so"))
    let own = program(["liba.so"]).with { $0.runpath = "/opt/a" }
    #expect(try needs(own) == ["liba.so > /opt/a/liba.so", "libb.so missing"])
  }

  @Test func rpathIsInherited() throws {
    try write("opt/a/liba.so", SampleELF("liba.so", needs: ["libb.so"]))
    try write("opt/a/libb.so", SampleELF("libb.so"))
    let own = program(["liba.so"]).with { $0.rpath = "/opt/a" }
    #expect(
      try needs(own) == ["liba.so > /opt/a/liba.so", "libb.so > /opt/a/libb.so"])
    // A library with a DT_RUNPATH of its own does not inherit, and DT_RPATH beside DT_RUNPATH is nothing.
    try write("opt/a/liba.so", SampleELF("liba.so", needs: ["libb.so"]).with { $0.runpath = "/x" })
    #expect(try needs(own) == ["liba.so > /opt/a/liba.so", "libb.so missing"])
    let both = own.with { $0.runpath = "/none" }
    #expect(try needs(both) == ["liba.so missing"])
  }

  @Test func tokensAreReplaced() throws {
    try write(
      "opt/lib/liba.so",
      SampleELF("liba.so", needs: ["libb.so"]).with { $0.runpath = "${ORIGIN}/deep" })
    try write("opt/lib/deep/libb.so", SampleELF("libb.so"))
    try write("usr/lib/x86_64-linux-gnu/x/libc.so", SampleELF("libc.so"))
    try write("plat/x86_64/libd.so", SampleELF("libd.so"))
    try write(
      "opt/bin/real",
      program(["liba.so", "libc.so", "libd.so", "libe.so"]).with {
        $0.runpath = "$ORIGIN/../lib:/usr/$LIB/x:/plat/$PLATFORM:/$ORIGINAL"
      })
    try FileManager.default.createDirectory(
      at: folder / "root/bin", withIntermediateDirectories: true)
    // The origin of a program is that of the file, not of the link.
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("root/bin/p"), withDestinationPath: "../opt/bin/real")
    #expect(
      try needs() == [
        "liba.so > /opt/bin/../lib/liba.so", "libc.so > /usr/lib/x86_64-linux-gnu/x/libc.so",
        "libd.so > /plat/x86_64/libd.so", "libe.so missing",
        "libb.so > /opt/bin/../lib/deep/libb.so",
      ])
  }

  @Test func configurationComesBeforeDefaults() throws {
    try folder.write(
      "root/etc/ld.so.conf", "# comment\ninclude ld.so.conf.d/*.conf\n/usr/local/x/ \n")
    try folder.write(
      "root/etc/ld.so.conf.d/a.conf", "/opt/a=libc6\ninclude /etc/ld.so.conf\nhwcap 0 x\n")
    try folder.write("root/etc/ld.so.conf.d/b.other", "/opt/b\n")
    try folder.write("root/etc/ld.so.conf.d/.c.conf", "/opt/b\n")
    for place in ["opt/a/liba.so", "usr/lib/liba.so", "usr/local/x/libb.so", "opt/b/libc.so"] {
      try write(place, SampleELF())
    }
    try write("bin/p", program(["liba.so", "libb.so", "libc.so"]))
    let sysroot = try Sysroot(folder.path("root"))
    var resolver = LibraryResolver()
    let found = try resolver.needs(of: Array("/bin/p".utf8), .init(), in: sysroot).dropFirst()
    #expect(
      found.map { $0.found.map { String(decoding: $0.path, as: UTF8.self) } } == [
        "/opt/a/liba.so", "/usr/local/x/libb.so", nil,
      ])
    #expect(found.map(\.needsCache) == [true, true, false])
  }

  @Test func librariesOfOtherMachinesArePassedOver() throws {
    try write(
      "lib/liba.so",
      SampleELF("liba.so").with {
        $0.isWide = false; $0.machine = 3
      })
    try write("usr/lib/liba.so", SampleELF("liba.so").with { $0.machine = 183 })
    #expect(try needs(program(["liba.so"])) == ["liba.so missing"])
    try write("usr/lib/x86_64-linux-gnu/liba.so", SampleELF("liba.so"))
    #expect(try needs() == ["liba.so > /usr/lib/x86_64-linux-gnu/liba.so"])
  }

  @Test func librariesForNewerProcessorsAreFurtherOnes() throws {
    let levels = "usr/lib/glibc-hwcaps"
    try write("\(levels)/x86-64-v3/liba.so.1", SampleELF("liba.so.1", needs: ["libb.so"]))
    try write("\(levels)/x86-64-v2/liba.so.1", SampleELF("liba.so.1"))
    try write("usr/lib/liba.so.1", SampleELF("liba.so.1"))
    try write("usr/lib/libb.so", SampleELF("libb.so"))
    try write("\(levels)/x86-64-v3/libc.so.1", SampleELF("libc.so.1"))
    #expect(
      try needs(program(["liba.so.1", "libc.so.1"])) == [
        "liba.so.1 > /usr/lib/liba.so.1",
        "x86-64-v3 liba.so.1 > /usr/lib/glibc-hwcaps/x86-64-v3/liba.so.1",
        "x86-64-v2 liba.so.1 > /usr/lib/glibc-hwcaps/x86-64-v2/liba.so.1",
        "libc.so.1 > /usr/lib/glibc-hwcaps/x86-64-v3/libc.so.1",
        "libb.so > /usr/lib/libb.so",
      ])
  }

  @Test func loadedLibrariesAreNotSearchedAgain() throws {
    // By its DT_SONAME, by the dynamic linker's names, and with a slash.
    try write("opt/first.so", SampleELF("libb.so"))
    try write("usr/lib/libb.so", SampleELF("libb.so", needs: ["libnone.so"]))
    let own = program(["/opt/first.so", "libb.so", "ld-linux-x86-64.so.2"])
    #expect(
      try needs(own) == [
        "/opt/first.so > /opt/first.so", "libb.so > /opt/first.so",
        "ld-linux-x86-64.so.2 > \(Self.loader)",
      ])
  }

  @Test func programCanAvoidDefaults() throws {
    try write("usr/lib/liba.so", SampleELF("liba.so"))
    #expect(try needs(program(["liba.so"]).with { $0.flags = 0x800 }) == ["liba.so missing"])
  }

  @Test func filteesAreOptional() throws {
    try write(
      "usr/lib/liba.so", SampleELF("liba.so").with { $0.auxiliary = ["libx.so", "liby.so"] })
    try write("usr/lib/liby.so", SampleELF("liby.so"))
    #expect(
      try needs(program(["liba.so"])) == [
        "liba.so > /usr/lib/liba.so", "auxiliary libx.so missing",
        "auxiliary liby.so > /usr/lib/liby.so",
      ])
  }

  @Test(
    arguments: [
      (nil, []), (.required, ["required liba.so > /usr/lib/liba.so", "libneeded.so missing"]),
      (
        .recommended,
        [
          "required liba.so > /usr/lib/liba.so", "recommended libc.so > /usr/lib/libc.so",
          "recommended libd.so missing", "libneeded.so missing",
        ]
      ),
      (
        .suggested,
        [
          "required liba.so > /usr/lib/liba.so", "recommended libc.so > /usr/lib/libc.so",
          "suggested libe.so missing", "recommended libd.so missing", "libneeded.so missing",
        ]
      ),
    ] as [(DlopenNote.Priority?, [String])])
  func notesNameLibraries(priority: DlopenNote.Priority?, expected: [String]) throws {
    try write("usr/lib/liba.so", SampleELF("liba.so", needs: ["libneeded.so"]))
    try write("usr/lib/libc.so", SampleELF())
    let own = program([]).with {
      $0.notes = [
        #"[{"soname": ["liba.so"], "priority": "required", "feature": "a"}]"#,
        #"[{"soname": ["libb.so", "libc.so"]}, {"soname": ["libe.so"], "priority": "suggested"}]"#,
        #"[{"soname": ["libd.so"], "description": "two\nlines"}]"#,
      ]
    }
    #expect(try needs(own, dlopen: priority) == expected)
  }

  @Test(arguments: [
    "{}", "[{}]", #"[{"soname": []}]"#, #"[{"soname": [""]}]"#, #"[{"soname": "a"}]"#, "[",
    #"[{"soname": ["a"], "priority": "often"}]"#,
  ])
  func invalidNotesAreDamage(text: String) throws {
    let bytes = SampleELF().with { $0.notes = [text] }.bytes
    let links = try ELFLinks(try #require(try ELF(bytes)), bytes)
    #expect(links.isDamaged)
    #expect(links.dlopens == [])
  }

  @Test func nameServicesAndTheUnwinderAreForThoseWhoUseThem() throws {
    try folder.write(
      "root/etc/nsswitch.conf",
      "# x: y\npasswd: files systemd [NOTFOUND=return] sss\nhosts: files mdns4_minimal [!UNAVAIL=return] dns\n"
    )
    for name in ["systemd", "files", "dns"] {
      try write("usr/lib/libnss_\(name).so.2", SampleELF("libnss_\(name).so.2"))
    }
    try write("usr/lib/libgcc_s.so.1", SampleELF("libgcc_s.so.1"))
    try write(
      "usr/lib/libc.so.6", SampleELF("libc.so.6").with { $0.symbols = ["GLIBC_2.34", "getpwnam"] })
    let plain = program(["libc.so.6"])
    #expect(try needs(plain, services: true) == ["libc.so.6 > /usr/lib/libc.so.6"])
    let user = plain.with { $0.symbols = ["getpwnam", "pthread_exit"] }
    #expect(try needs(user) == ["libc.so.6 > /usr/lib/libc.so.6"])
    #expect(
      try needs(user, services: true) == [
        "libc.so.6 > /usr/lib/libc.so.6", "unwinder libgcc_s.so.1 > /usr/lib/libgcc_s.so.1",
        "service libnss_systemd.so.2 > /usr/lib/libnss_systemd.so.2",
        "service libnss_sss.so.2 missing", "service libnss_mdns4_minimal.so.2 missing",
      ])
    // Before glibc 2.34, files and dns are modules like others.
    try write("usr/lib/libc.so.6", SampleELF("libc.so.6"))
    #expect(
      try needs(user, services: true).filter {
        $0.hasSuffix("_files.so.2") || $0.hasSuffix("_dns.so.2")
      }
      .count == 2)
  }

  @Test func muslHasRulesOfItsOwn() throws {
    let loader = "/lib/ld-musl-x86_64.so.1"
    try write("lib/ld-musl-x86_64.so.1", SampleELF("libc.so"))
    try write(
      "usr/local/lib/liba.so", SampleELF("liba.so", needs: ["libb.so", "libc.musl-x86_64.so.1"]))
    try write("opt/libb.so", SampleELF("libb.so"))
    let own = SampleELF(program: loader, needs: ["liba.so", "libpthread.so.0", "libc.so"])
      .with { $0.runpath = "/opt" }
    // DT_RUNPATH is inherited.
    #expect(try needs(own) == ["liba.so > /usr/local/lib/liba.so", "libb.so > /opt/libb.so"])
    try folder.write("root/etc/ld-musl-x86_64.path", "/opt/a:/opt/b\n/opt/c\n")
    try write("opt/c/liba.so", SampleELF("liba.so"))
    var files: Set<[UInt8]> = []
    #expect(try needs(own) { files = $0.configurations } == ["liba.so > /opt/c/liba.so"])
    #expect(files == [Array("/etc/ld-musl-x86_64.path".utf8)])
  }

  @Test func scriptsNeedTheirPrograms() throws {
    try write("bin/env", SampleELF())
    try write("usr/bin/python3", program(["liba.so"]))
    for (line, expected) in [
      ("#!/usr/bin/python3 -u\n", ["runs /usr/bin/python3 > /usr/bin/python3", "liba.so missing"]),
      (
        "#! /bin/env python3\n",
        ["runs /bin/env > /bin/env", "runs python3 > /usr/bin/python3", "liba.so missing"]
      ),
      (
        "#!/bin/env -S -i A=b python3 -u\n",
        ["runs /bin/env > /bin/env", "runs python3 > /usr/bin/python3", "liba.so missing"]
      ),
      ("#!/bin/env python3 -u\n", ["runs /bin/env > /bin/env", "runs python3 -u missing"]),
      ("#!/bin/none\n", ["runs /bin/none missing"]), ("#!\n", []), ("text", []),
    ] {
      try folder.write("root/bin/p", line, mode: 0o755)
      #expect(try needs() == expected, "\(line)")
    }
    // A script that is run by itself ends.
    try folder.write("root/bin/p", "#!/bin/p\n", mode: 0o755)
    #expect(try needs().count <= 8)
  }

  @Test func loopsOfLibrariesEnd() throws {
    try write("usr/lib/liba.so", SampleELF("liba.so", needs: ["libb.so", "liba.so"]))
    try write("usr/lib/libb.so", SampleELF("libb.so", needs: ["liba.so"]))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("root/usr/lib/libl.so"), withDestinationPath: "libl.so")
    #expect(
      try needs(program(["liba.so", "libl.so"])) == [
        "liba.so > /usr/lib/liba.so", "libl.so missing", "libb.so > /usr/lib/libb.so",
        "liba.so > /usr/lib/liba.so", "liba.so > /usr/lib/liba.so",
      ])
  }

  @Test func staticProgramsNeedNothing() throws {
    #expect(try needs(SampleELF()) == [])
    try folder.write("root/bin/p", SampleSysroot.elf(), mode: 0o755)
    #expect(try needs() == [])
  }

  @Test func systemDirectoriesOfThisMachineAreRead() throws {
    let path = "/lib64/ld-linux-x86-64.so.2"
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return }
    let bytes = Array(data)
    let links = try ELFLinks(try #require(try ELF(bytes)), bytes)
    let shown = try run(path, ["--help"]).text.split(separator: "\n")
      .filter { $0.hasSuffix("(system search path)") }
      .map { Array($0.split(separator: " ")[0].utf8) }
    #expect(!shown.isEmpty)
    #expect(links.systemDirectories == shown)
  }

  @Test func damagedFilesAreTold() throws {
    let good = program(["liba.so"])
    for bad in [good.with { $0.shift = 4000 }.bytes, Array(good.bytes.dropLast(20))] {
      let links = try ELFLinks(try #require(try ELF(bad)), bad)
      #expect(links.isDamaged)
    }
    let bytes = good.bytes
    #expect(try !ELFLinks(try #require(try ELF(bytes)), bytes).isDamaged)
    // Nothing traps, whatever the bytes are.
    for index in bytes.indices {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var bad = good.with { $0.notes = [#"[{"soname": ["a"]}]"#] }.bytes
        bad[index] = value
        _ = try? ProgramContent(reading: bad)
      }
    }
  }
}
