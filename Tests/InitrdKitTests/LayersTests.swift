import Foundation
import InitrdKit
import TestSupport
import Testing

/// Directories, archives and packages as layers of a sysroot.
@Suite struct LayersTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try shell(
      """
      mkdir -p root/usr/bin root/usr/lib root/etc; ln -s usr/lib root/lib; ln -s usr/bin root/bin
      echo one >root/usr/lib/one; echo tool >root/usr/bin/tool; chmod 755 root/usr/bin/tool
      ln root/usr/lib/one root/usr/lib/same; ln -s ../usr/lib/one root/etc/link
      mkdir -p package/lib/modules over/etc; echo module >package/lib/modules/m; echo over >over/etc/one
      """)
  }

  private func shell(_ script: String) throws {
    let result = try run("bash", ["-ec", script], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func sysroot(_ names: String...) throws -> Sysroot {
    try Sysroot(names.map(folder.path))
  }

  private func bytes(_ path: String, in sysroot: Sysroot) throws -> [UInt8]? {
    guard let file = try sysroot.openFile(path) else { return nil }
    return try file.contents(limit: 64 << 20)
  }

  private func text(_ path: String, in sysroot: Sysroot) throws -> String? {
    try bytes(path, in: sysroot).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Each makes the archive `out` of the directory `root`.
  static let forms = [
    "tar -C root -cf out .", "tar -C root -czf out .", "tar -C root -cJf out .",
    "tar -C root --zstd -cf out .", "tar -C root -cjf out .", "tar -C root --lzma -cf out .",
    "tar -C root --format=pax -cf out .",
    "bsdtar -C root --format cpio -cf out .", "cd root && find . | cpio -o -H newc >../out",
    "cd root && find . | cpio -o -H newc | gzip >../out",
    "cd root && find . | cpio -o -H newc | lz4 -l >../out",
    "cp -a root r && printf '%s\\n' 'Name: p' 'Version: 1' 'Release: 1' 'Summary: s' 'License: l' 'BuildArch: noarch' "
      + "%description d %files '/*' >s && rpmbuild -bb --quiet --define '_topdir '$PWD/t --buildroot $PWD/r "
      + "--define '__os_install_post true' s && mv t/RPMS/noarch/*.rpm out",
    "mkdir d && cp -a root d/root && mkdir d/root/DEBIAN && printf "
      + "'Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: d\\n' "
      + ">d/root/DEBIAN/control && dpkg-deb -b d/root out",
  ]

  @Test(arguments: forms) func archiveIsReadInPlace(form: String) throws {
    try shell(form)
    let sysroot = try sysroot("out")
    #expect(try text("/lib/one", in: sysroot) == "one\n")
    #expect(try text("etc/link", in: sysroot) == "one\n")
    #expect(try text("/bin/tool", in: sysroot) == "tool\n")
    #expect(try text("/bin/none", in: sysroot) == nil)
    let place = try #require(try sysroot.place(of: "/bin/tool".utf8))
    #expect(place.path == Array("usr/bin/tool".utf8) && place.links.count == 1)
  }

  @Test func zipIsALayerAndItsNamesAreBytes() throws {
    try shell("echo umlaut >over/etc/ä; cd over && zip -qr ../out etc")
    #expect(try text("etc/one", in: sysroot("out.zip")) == "over\n")
    #expect(try text("etc/ä", in: sysroot("out.zip")) == "umlaut\n")
  }

  @Test func wrongChecksumIsRefused() throws {
    try shell(
      "cd over && zip -q0r ../out etc && LC_ALL=C sed -i 's/over$/ofer/' ../out.zip")
    let error = #expect(throws: InitrdError.self) { try sysroot("out.zip") }
    #expect(error?.code == .malformed)
  }

  @Test func smallArchiveDoesNotFillTheDisk() throws {
    try shell("mkdir z && head -c 700M /dev/zero >z/a && tar -C z --zstd -cf out . && rm z/a")
    let error = #expect(throws: InitrdError.self) { try sysroot("out") }
    #expect(error?.code == .limit && error?.location?.file?.hasSuffix("out") == true)
    try shell("truncate -s 2G z/a && tar -C z -Scf out . && rm z/a")
    #expect(try sysroot("out").place(of: "a".utf8)?.type == .regular)
  }

  @Test func laterLayersWinAndDirectoriesMerge() throws {
    try shell("tar -C root -cf root.tar . && tar -C package -cf package.tar .")
    for names in [["root", "package", "over"], ["root.tar", "package.tar", "over"]] {
      for order in [names, [names[1], names[0], names[2]]] {
        let sysroot = try Sysroot(order.map(folder.path))
        // `lib` is a link in one layer and a directory in another one.
        #expect(try text("lib/modules/m", in: sysroot) == "module\n", "\(order)")
        #expect(try text("usr/lib/modules/m", in: sysroot) == "module\n", "\(order)")
        #expect(try text("lib/one", in: sysroot) == "one\n", "\(order)")
        #expect(try text("etc/one", in: sysroot) == "over\n")
        #expect(try text("etc/link", in: sysroot) == "one\n")
        #expect(try sysroot.entries("etc")?.count == 2)
        #expect(
          try Set(sysroot.entries("lib") ?? []).isSuperset(
            of: ["modules", "one"].map { Array($0.utf8) }))
      }
    }
  }

  @Test func fileOfALaterLayerHidesADirectory() throws {
    try shell("mkdir a b; mkdir a/x; echo a >a/x/y; echo b >b/x")
    #expect(try text("x", in: sysroot("a", "b")) == "b\n")
    #expect(try text("x/y", in: sysroot("a", "b")) == nil)
    #expect(try text("x/y", in: sysroot("b", "a")) == "a\n")
  }

  @Test func imageHasTheSameBytesFromEveryForm() throws {
    var sums: Set<String> = []
    try shell("tar -C root -cf tar . && tar -C root --zstd -cf zstd .")
    for source in ["root", "tar", "zstd"] {
      var manifest = Manifest()
      manifest.isPartial = true
      manifest.layers = [folder.path(source)]
      (manifest.kernel, manifest.busybox, manifest.linuxrc.template) = (nil, nil, .none)
      for name in ["one", "same"] {
        manifest.files.append(.init(.path("/usr/lib/\(name)"), dest: try ImagePath("/\(name)")))
      }
      manifest.compression = .named(.zstd, level: 3)
      let plan = try manifest.plan()
      // Two names of one file stay one file.
      #expect(plan.entries.filter { $0.links == 2 }.count == 2, "\(source)")
      sums.insert(try plan.write { _ in }.sha256.description)
    }
    #expect(sums.count == 1)
  }

  @Test func largeContentsGoToATemporaryFile() throws {
    try shell(
      "mkdir big; for i in 1 2 3; do head -c 40000000 /dev/urandom >big/$i; done; tar -C big -cf out ."
    )
    let sysroot = try sysroot("out")
    for name in ["1", "2", "3"] {
      let original = Array(try Data(contentsOf: folder / "big/\(name)"))
      #expect(try bytes(name, in: sysroot) == original)
    }
  }

  @Test func holesAreZeros() throws {
    try shell(
      "mkdir s; truncate -s 1M s/a; printf x | dd of=s/a bs=1 seek=500000 conv=notrunc status=none; tar -C s -Scf out ."
    )
    let original = Array(try Data(contentsOf: folder / "s/a"))
    #expect(try bytes("a", in: sysroot("out")) == original)
  }

  @Test(arguments: [
    ("tar -P -cf out ../\"${PWD##*/}\"/root/etc/link", "a path with \"..\""),
    ("tar -C root -cJf all . && head -c 200 all >out", "not a readable archive"),
    ("echo '{}' >out", "not a readable archive"), ("mkfifo out", "neither a directory nor"),
    (
      "python3 -c \"import tarfile;t=tarfile.open('out','w');i=tarfile.TarInfo('a');i.type=b'1';"
        + "i.linkname='b';t.addfile(i);t.close()\"",
      "hard link to a file that does not exist"
    ),
    (
      "python3 -c \"import tarfile;t=tarfile.open('out','w');i=tarfile.TarInfo('a/b');t.addfile(i);"
        + "i=tarfile.TarInfo('a');t.addfile(i);t.close()\"",
      "a file in the place of a directory"
    ),
    (
      "python3 -c \"import tarfile;t=tarfile.open('out','w');i=tarfile.TarInfo('a');t.addfile(i);"
        + "i=tarfile.TarInfo('a/b');t.addfile(i);t.close()\"",
      "a/b"
    ),
  ])
  func badArchiveIsRefused(script: String, message: String) throws {
    try shell(script)
    let error = #expect(throws: InitrdError.self) { try sysroot("out") }
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    #expect(error?.location?.file?.hasSuffix("out") == true)
  }
}
