import Foundation
import TestSupport
import Testing

/// `trees`, as cpio, our own list and the kernel see the images.
@Suite struct TreeTests {
  private let trial: TreeTrial
  private var folder: TemporaryFolder { trial.folder }

  init() throws { trial = try TreeTrial() }

  private static let isRoot = getuid() == 0

  /// A tree with everything that a directory can have.
  private func makeTree(_ directory: String = "root") throws {
    try trial.shell(
      """
      mkdir -p \(directory) && cd \(directory) && mkdir -p a/b/c tmp 'with blank'
      chmod 1777 tmp; chmod 2750 a/b
      echo one >a/one; ln a/one a/b/two; ln a/one zzz; echo other >other
      echo s >a/setuid; chmod 4755 a/setuid; echo r >a/unreadable; chmod 0000 a/unreadable
      ln -s /nowhere dangling; ln -s loop2 loop1; ln -s loop1 loop2; ln -s . here; ln -s a/one link
      mkfifo a/fifo; echo >"$(printf 'bad\\377name')"; : >empty; echo nl >"$(printf 'two\\nlines')"
      """)
    if Self.isRoot {
      try trial.shell(
        "cd \(directory) && mknod null c 1 3 && mknod disk b 254 65536 && chown 12:34 a/one a && chown -h 5:6 link"
      )
    }
  }

  @Test func aTreeIsWhatFindAndCpioMakeOfIt() throws {
    try makeTree()
    let result = try trial.build(#""trees": ["/"]"#)
    #expect(!result.text.contains("note:"), "\(result.text)")
    #expect(try trial.cpioList("out.img") == trial.cpioOfFind("root"))
    let listed = try trial.entries()
    #expect(
      listed.filter { $0.contains("-> /nowhere") || $0.contains("loop1 -> loop2") }.count == 2)
    // GNU cpio unpacks the same tree.
    try trial.shell("mkdir x && cd x && cpio -id --quiet <../out.img")
    #expect(
      try listing(folder.path("x"), "%n").filter { !$0.hasPrefix("dev ") && !$0.hasPrefix("dev/") }
        == listing(folder.path("root"), "%n"))
  }

  @Test func aLargeTreeIsWhatFindAndCpioMakeOfIt() throws {
    try trial.shell(
      """
      cd root; for d in $(seq 50); do mkdir -p "d$d/sub"; for f in $(seq 95); do
      printf '%*s' $f x >"d$d/sub/f$f"; done; ln d$d/sub/f1 d$d/again; ln -s sub d$d/link
      chmod 2755 d$d/sub; done
      """)
    try trial.build(#""trees": [{"source": "./root"}]"#)
    let expected = try trial.cpioOfFind("root")
    #expect(expected.count == 50 * 99)
    #expect(try trial.cpioList("out.img") == expected)
  }

  @Test func destOwnerAndExclude() throws {
    try makeTree()
    try trial.build(
      """
      "trees": [{"source": "a", "dest": "/x/y", "owner": {"uid": 3, "gid": 4}, "exclude": ["/b/", "un*"]},
                {"source": "./root", "dest": "/z", "exclude": ["*", {"name": "q", "optional": true}]}]
      """)
    #expect(
      try trial.paths() == ["x", "x/y", "x/y/fifo", "x/y/one", "x/y/setuid", "z"])
    #expect(try trial.cpioList("out.img").contains { $0.hasPrefix("-rwsr-xr-x 1 3 4") })
    #expect(try trial.cpioList("out.img").contains("drwxr-xr-x 1 0 0 0 x"))
    #expect(try trial.cpioList("out.img").contains("drwxr-xr-x 1 3 4 0 x/y"))
    let result = try trial.build(#""trees": [{"source": "a", "exclude": ["b", "setiud"]}]"#)
    #expect(result.text.contains("nothing in root/a matches \"setiud\" of \"exclude\""))
  }

  @Test func laterTreesAndTheManifestWin() throws {
    try trial.shell(
      """
      mkdir -p root/one/etc root/two/etc; echo 1 >root/one/etc/a; echo 1 >root/one/etc/b
      echo 2 >root/two/etc/a; ln -s a root/two/etc/c; echo 1 >root/one/etc/c; chmod 0700 root/two/etc
      """)
    try trial.build(#""trees": ["one", "two"], "files": [{"content": "3", "dest": "/etc/b"}]"#)
    for (file, text) in [("a", "2\n"), ("b", "3"), ("c", "2\n")] {
      #expect(try Mkinitrd.run(["cat", "out.img", "etc/\(file)"], in: folder.url).text == text)
    }
    #expect(
      try trial.cpioList("out.img").contains { $0.hasPrefix("drwx------") && $0.hasSuffix(" etc") })
    try trial.shell("rm root/two/etc/a; mkdir root/two/etc/a")
    let result = try trial.build(#""trees": ["one",\#n "two"]"#, status: 1)
    #expect(
      result.errors.contains(
        "manifest.json:3:2: error: /etc/a is requested both as a directory and as something else "
          + "(also at manifest.json:2:"), "\(result.errors)")
  }

  @Test func socketsAreLeftOut() throws {
    try trial.shell(
      "python3 -I -c 'import socket; [socket.socket(socket.AF_UNIX).bind(\"root/s%d\" % n) for n in range(5)]'"
    )
    let result = try trial.build(#""trees": ["/"]"#)
    #expect(result.text.contains("left out 5 sockets of root/: /s0, /s1, /s2 and 2 more"))
    #expect(try trial.paths().isEmpty)
  }

  /// Sets an extended attribute; `false` where the file system or the user can't have it.
  private func setAttribute(_ file: String, _ name: String) throws -> Bool {
    let script = "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], b'x')"
    return try run("python3", ["-I", "-c", script, folder.path(file), name]).status == 0
  }

  @Test func extendedAttributesAreANoteOrAnError() throws {
    try trial.shell("mkdir root/d; echo 1 >root/a; echo 2 >root/d/b; echo 3 >root/d/c")
    guard try setAttribute("root/a", "user.one"), try setAttribute("root/d/b", "user.one"),
      try setAttribute("root/d", "user.two")
    else { return }
    let message =
      "3 entries of root/ have extended attributes, which an initramfs can't hold: "
      + "user.one of /a and 1 more, user.two of /d"
    let noted = try trial.build(#""trees": ["/"]"#)
    #expect(noted.text.contains("note: trees: \(message)"), "\(noted.text)")
    let refused = try trial.build(#""trees": [{"source": "/", "xattrs": "error"}]"#, status: 1)
    #expect(refused.errors.contains("error: trees: \(message)"), "\(refused.errors)")
    try trial.shell("tar --xattrs --xattrs-include='*' -C root -cf all.tar .")
    try build(layers: #""all.tar""#, #""trees": ["/"]"#, to: "archive.img")
    let archive = try Mkinitrd.run(["build", "stack.json", "-o", "archive.img"], in: folder.url)
    #expect(archive.text.contains("user.one of /a and 1 more, user.two of /d"), "\(archive.text)")
    let excluded = try trial.build(
      #""trees": [{"source": "/", "xattrs": "error", "exclude": ["d", "a"]}]"#)
    #expect(!excluded.text.contains("extended"))
    let single = try trial.build(#""files": [{"source": "d/b*", "dest": "/"}]"#)
    #expect(single.text.contains("files: 1 entry of root/d has extended attributes"))
  }

  /// The image is in its own tree: it never is a part of itself, so that a second build gives the same.
  @Test func theImageInTheTreeIsLeftOut() throws {
    try trial.shell("echo 1 >root/a; mkdir root/out")
    try trial.build(#""trees": ["/"]"#, ["-o", "root/out/i.img"])
    let first = try Data(contentsOf: folder / "root/out/i.img")
    try trial.shell("echo left >root/out/.i.img.mkinitrd-new")
    let result = try trial.build(#""trees": ["./root"]"#, ["-o", "root/out/i.img"])
    #expect(
      result.text.contains(
        "left out the image that is built: /out/.i.img.mkinitrd-new, /out/i.img of"),
      "\(result.text)")
    #expect(try Data(contentsOf: folder / "root/out/i.img") == first)
    #expect(try trial.paths("root/out/i.img") == ["a", "out"])
  }

  @Test func aTreeMayBeBesideTheImage() throws {
    try trial.shell("mkdir -p root/t; echo 1 >root/t/a")
    for _ in 1...2 { try trial.build(#""trees": ["t"]"#, ["-o", "root/out.img"]) }
    #expect(try trial.paths("root/out.img") == ["a"])
  }

  @Test func aFileOfFourGibibytesIsAnError() throws {
    try trial.shell("mkdir root/t; echo 1 >root/t/a; truncate -s 4294967296 root/t/big")
    let result = try trial.build(#""trees": ["t"]"#, status: 1)
    #expect(
      result.errors.contains("root/t/big: error: the file has 4294967296 bytes"), "\(result.errors)"
    )
  }

  @Test func depfileListsFilesAndDirectoriesOfTrees() throws {
    try trial.shell(
      "mkdir -p root/t/sub; echo 1 >root/t/a; echo 1 >root/t/sub/b; echo 1 >root/t/no")
    try trial.build(
      #""trees": [{"source": "t", "exclude": ["no"]}]"#, ["-o", "out.img", "--depfile", "out.d"])
    let lines = try String(contentsOf: folder / "out.d", encoding: .utf8).split(separator: "\n")
    let names = Set(
      lines.filter { $0.hasSuffix(":") && !$0.hasPrefix("out") }.map { $0.dropLast() })
    #expect(names == ["manifest.json", "root/t", "root/t/a", "root/t/sub", "root/t/sub/b"])
  }

  // MARK: The same bytes

  /// Another file system, order of names, user and times; the same owner is named.
  @Test func theSameTreeGivesTheSameImage() throws {
    try trial.shell(
      "mkdir root/t; cd root/t; for f in $(seq 300); do echo $f >f$f; done; ln f1 last; chmod 4755 f9"
    )
    let manifest = #""trees": [{"source": "t", "owner": {"uid": 0, "gid": 0}}]"#
    try trial.build(manifest)
    let first = try Data(contentsOf: folder / "out.img")
    let memory = "/dev/shm/mkinitrd-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: memory) }
    try trial.shell(
      """
      mkdir '\(memory)'; cp -a root/t '\(memory)/t'; cd '\(memory)/t'
      for f in f7 f200 f12; do mv $f x; mv x $f; done; touch -d @5 f3
      """)
    if Self.isRoot {
      try trial.shell("chown -R 1234:5678 '\(memory)/t'; chmod 4755 '\(memory)/t/f9'")
    }
    try trial.shell("rm -r root/t; ln -s '\(memory)/t' t")
    try trial.build(#""trees": [{"source": "./t", "owner": {"uid": 0, "gid": 0}}]"#)
    #expect(try Data(contentsOf: folder / "out.img") == first)
  }

  // MARK: What starts

  @Test(
    .enabled(if: Checkout.isPrepared, "make test brings the kernels"), arguments: ["none", "zstd"])
  func theKernelStartsATree(compression: String) throws {
    try makeTree()
    try trial.shell(
      "cp '\(Boot.treeInit)' root/init; rm root/a/unreadable root/two*lines root/bad*name")
    try folder.write(
      "boot.json",
      """
      { "manifestVersion": 1, "kernel": null, "sysroot": "root", "init": { "template": "none" },
        "trees": ["/"], "compression": "\(compression)" }
      """)
    let result = try Mkinitrd.run(["build", "boot.json", "-o", "boot.img"], in: folder.url)
    try #require(result.status == 0, "\(result.errors)")
    #expect(!result.text.contains("note:"), "\(result.text)")
    let unpacked = try Boot.unpack(folder.path("boot.img"))
    #expect(!unpacked.console.contains("nitramfs unpacking failed"), "\(unpacked.console)")
    let owner = Self.isRoot ? "12 34" : "\(getuid()) \(getgid())"
    for line in [
      "a d 0755 \(owner)", "a/b d 2750", "a/one f 0644 \(owner) 4 ", "a/setuid f 4755",
      "a/fifo p 0644",
      "here l 0777", "tmp d 1777", "zzz f 0644 \(owner) 4 ", "with\\x20blank d 0755",
    ] {
      #expect(unpacked.tree.contains { $0.hasPrefix(line) }, "\(line) in \(unpacked.tree)")
    }
    if Self.isRoot { #expect(unpacked.tree.contains { $0.hasPrefix("null c 0644") }) }
    let check = try Mkinitrd.run(["check", "boot.img"], in: folder.url)
    #expect(check.status == 0, "\(check.text)")
  }

  @Test(arguments: [
    ("echo text >root/init; chmod 755 root/init", "/init is neither an ELF program nor a script"),
    ("echo '#!/bin/sh' >root/init", "/init is not executable"),
    (
      "printf '#!/bin/sh\\n' >root/init; chmod 755 root/init",
      "/init needs the interpreter /bin/sh, which does not exist"
    ),
    ("true", "/init does not exist"),
  ])
  func anInitOfATreeHasToStart(script: String, message: String) throws {
    try trial.shell(script)
    try folder.write(
      "boot.json",
      """
      { "manifestVersion": 1, "kernel": null, "sysroot": "root", "init": { "template": "none" }, "trees": ["/"] }
      """)
    let result = try Mkinitrd.run(["build", "boot.json", "-o", "boot.img"], in: folder.url)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  // MARK: Layers

  private func build(layers: String, _ members: String, to image: String) throws {
    try folder.write(
      "stack.json",
      """
      { "manifestVersion": 1, "partial": true, "kernel": null, "arch": "x86_64", "sysroot": \(layers),
        "init": { "template": "none" }, "compression": "none", \(members) }
      """)
    let result = try Mkinitrd.run(["build", "stack.json", "-o", image], in: folder.url)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// A tree and a pattern from an archive, a stack and the directory itself are the same.
  @Test(arguments: [
    #""trees": ["/"]"#, #""trees": [{"source": "a", "dest": "/x", "exclude": ["b"]}]"#,
    #""files": [{"source": "**/*e", "dest": "/y/"}, {"source": "a", "dest": "/z"}]"#,
  ])
  func aTreeOfAnArchiveIsThatOfTheDirectory(members: String) throws {
    try makeTree()
    try trial.shell(
      "tar -C root -cf all.tar .; mkdir low high; tar -C root -cf low.tar --exclude=./a ./; cp -a root/a high"
    )
    try build(layers: #""root""#, members, to: "directory.img")
    try build(layers: #""all.tar""#, members, to: "archive.img")
    try build(layers: #"["low.tar", "high"]"#, members, to: "stack.img")
    let expected = try Data(contentsOf: folder / "directory.img")
    #expect(expected == (try Data(contentsOf: folder / "archive.img")))
    // A hard link that reaches from one layer into another is one no more.
    let withoutLinks = try trial.cpioList("directory.img").filter {
      !$0.contains("a/") && !$0.contains("zzz")
    }
    #expect(
      try trial.cpioList("stack.img").filter { !$0.contains("a/") && !$0.contains("zzz") }
        == withoutLinks)
  }

  /// A package with files in `lib` on a root where that is a link: they are behind the link, whoever is above.
  @Test(arguments: [#"["merged", "plain"]"#, #"["plain", "merged"]"#])
  func linksBetweenLayersHideDirectories(layers: String) throws {
    try trial.shell(
      """
      mkdir -p merged/usr/lib plain/lib/sub other/lib; ln -s usr/lib merged/lib
      echo merged >merged/usr/lib/both; echo plain >plain/lib/both; echo 1 >plain/lib/sub/only
      """)
    try build(layers: layers, #""trees": ["/"]"#, to: "out.img")
    #expect(
      try trial.paths() == [
        "lib", "usr", "usr/lib", "usr/lib/both", "usr/lib/sub", "usr/lib/sub/only",
      ])
    let wanted = layers.hasPrefix("[\"merged") ? "plain\n" : "merged\n"
    #expect(try Mkinitrd.run(["cat", "out.img", "/lib/both"], in: folder.url).text == wanted)
    try build(layers: layers, #""files": [{"source": "lib/*", "dest": "/l/"}]"#, to: "out.img")
    #expect(try trial.paths() == ["l", "l/both", "l/sub", "l/sub/only"])
  }
}
