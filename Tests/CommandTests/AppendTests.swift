import Foundation
import TestSupport
import Testing

/// The command `append`, with images that a kernel unpacks.
@Suite struct AppendTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("vm.toml", "name = 7\n")
    try folder.write("tool", "#!/bin/sh\n", mode: 0o755)
  }

  private func build(_ compression: String, initFile: String = "/bin/true") throws -> String {
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "partial": true, "kernel": null, "arch": "x86_64", "init": { "template": "none" },
        "files": [{ "source": "\(initFile)", "dest": "/init", "mode": "0755" },
                  { "content": "old", "dest": "/etc/vm.toml", "mode": "0600" }],
        "directories": [{ "path": "/tmp", "mode": "1777" }, "/usr/bin"],
        "symlinks": { "/bin": "usr/bin" }, "compression": "\(compression)" }
      """)
    let image = folder.path("\(compression).img")
    let result = try Mkinitrd.run(["build", folder.path("manifest.json"), "-o", image])
    #expect(result.status == 0, "\(result.errors)")
    return image
  }

  private static let additions = [
    "--file", "vm.toml:/etc/vm.toml", "--file", "tool:/bin/tool", "--file", "vm.toml:/tmp/x:0400",
    "--file", "vm.toml:/new/deep/y",
  ]

  @Test(
    .enabled(if: Checkout.isPrepared, "needs the kernels of make test"),
    arguments: ["none", "gzip", "xz", "lz4", "zstd"])
  func kernelUnpacksImageAndAppendedSegment(compression: String) throws {
    let image = try build(compression, initFile: Boot.treeInit)
    let before = try Data(contentsOf: URL(fileURLWithPath: image))
    for codec in ["none", "lz4", "gzip"] {
      let copy = folder.path("copy.img")
      let result = try Mkinitrd.run(
        ["append", image, "-o", copy, "--compression", codec] + Self.additions, in: folder.url)
      #expect(result.status == 0, "\(result.errors)")
      let after = try Data(contentsOf: URL(fileURLWithPath: copy))
      #expect(after.starts(with: before))
      let unpacked = try Boot.unpack(copy)
      #expect(!unpacked.console.contains("nitramfs unpacking failed"), "\(unpacked.console)")
      for line in [
        "etc/vm.toml f 0644 0 0 9 ", "usr/bin/tool f 0755 0 0 10 ", "bin l 0777 ", "tmp d 1777 ",
        "tmp/x f 0400 0 0 9 ", "new/deep/y f 0644 ", "init f 0755 ",
      ] {
        #expect(unpacked.tree.contains { $0.hasPrefix(line) }, "\(line) in \(unpacked.tree)")
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: image)) == before, "a copy leaves the image")
  }

  @Test func appendsInPlaceRepeatedly() throws {
    let image = try build("lz4")
    for count in 1...3 {
      let result = try Mkinitrd.run(["append", image] + Self.additions, in: folder.url)
      #expect(result.status == 0, "\(result.errors)")
      let listed = try Mkinitrd.run(["list", image]).text.split(separator: "\n")
      #expect(listed.filter { $0 == "etc/vm.toml" }.count == count + 1)
      // The first append also creates two directories.
      #expect(result.text.contains(count == 1 ? ": 6 entries" : ": 4 entries"), "\(result.text)")
    }
  }

  /// Only root can give the new file the owner of the old one.
  @Test(.enabled(if: getuid() == 0, "needs root to run as another user"))
  func imageOfAnotherOwnerIsNotReplaced() throws {
    let image = try build("gzip")
    let before = try Data(contentsOf: URL(fileURLWithPath: image))
    let script = """
      chmod 777 . && chmod 644 gzip.img && cp '\(Mkinitrd.path)' tool && chmod 755 tool
      setpriv --reuid 65534 --regid 65534 --clear-groups ./tool append gzip.img --file vm.toml:/x "$@"
      """
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    let refused = try run("sh", ["-c", script, "-"], in: folder.url)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("can't keep the file's owner"), "\(refused.errors)")
    #expect(refused.errors.contains("write a copy with -o"), "\(refused.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: image)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == names)
    let copied = try run("sh", ["-c", script, "-", "-o", "copy.img"], in: folder.url)
    #expect(copied.status == 0, "\(copied.errors)")
    #expect(try run("stat", ["-c", "%u", "copy.img"], in: folder.url).text == "65534\n")
  }

  /// Additions that cannot be made, with their error messages.
  @Test(arguments: [
    (["--file", "gone:/x"], "no file at ./gone"),
    (["--file", "vm.toml:/init/x"], "/init is not a directory in the image"),
    (["--file", "vm.toml:/x", "-o", "gone/x.img"], "does not exist"),
  ])
  func impossibleAdditionsAreRefused(arguments: [String], message: String) throws {
    let image = try build("gzip")
    let before = try Data(contentsOf: URL(fileURLWithPath: image))
    let result = try Mkinitrd.run(["append", image] + arguments, in: folder.url)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: image)) == before)
  }

  @Test(arguments: [
    ("printf '\\0\\0\\0\\0\\0\\0\\0\\0#BOOTCONFIG\\n' >>", "ends with a boot configuration"),
    ("printf '\\0\\0\\0\\0\\0\\0\\0\\0#BOOTCONFIG\\n\\0\\0' >>", "ends with a boot configuration"),
    ("echo rubbish >>", "neither an archive"), ("truncate -s -20", "truncated"),
  ])
  func imagesWithUnusableEndsAreRefused(command: String, message: String) throws {
    let image = try build("gzip")
    _ = try run("sh", ["-ec", "\(command) '\(image)'"])
    let result = try Mkinitrd.run(["append", image, "--file", "vm.toml:/x"], in: folder.url)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  // MARK: Everything else than files

  private func list(_ image: String) throws -> [String] {
    let result = try Mkinitrd.run(["list", "-l", image], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return result.text.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        .joined(separator: " ")
    }
  }

  private func append(
    _ arguments: [String], status: Int32 = 0
  ) throws -> (result: CommandResult, added: [String]) {
    let image = try build("none")
    let before = try list(image)
    let result = try Mkinitrd.run(["append", image, "-o", "more.img"] + arguments, in: folder.url)
    #expect(result.status == status, "\(result.errors)")
    guard status == 0 else { return (result, []) }
    let cpio = try run("sh", ["-ec", "cpio -it <'\(image)' >&2"])
    #expect(cpio.status == 0)
    return (result, Array(try list(folder.path("more.img")).dropFirst(before.count)))
  }

  private func makeOverlay() throws {
    try folder.write("overlay/etc/app/one", "1\n", mode: 0o600)
    try folder.write("overlay/bin/run", "#!/bin/sh\n", mode: 0o755)
    _ = try run("ln", ["-s", "one", folder.path("overlay/etc/app/link")])
    try folder.write(
      "site/part.json",
      """
      { "manifestVersion": 1, "partial": true, "sysroot": "root", "kernel": null,
        "files": [{ "content": "site\\n", "dest": "/etc/site", "uid": 3, "gid": 4 },
                  { "source": "etc/*.conf", "dest": "/etc/" }, { "source": "./own", "dest": "/own" }],
        "symlinks": { "/etc/vm.toml": "site" }, "nodes": [{ "path": "/run/f", "type": "fifo" }],
        "trees": [{ "source": "tree", "dest": "/t" }, { "source": "none", "optional": true }] }
      """)
    try folder.write("site/own", "own\n")
    try folder.write("site/root/etc/a.conf", "a\n")
    try folder.write("site/root/tree/sub/x", "x\n")
  }

  /// Each form by itself; modes, owners, sizes and paths as our list has them.
  @Test(arguments: [
    (["--dir", "/srv/data:0750"], ["drwxr-xr-x 0 0 0 srv", "drwxr-x--- 0 0 0 srv/data"]),
    (["--dir", "/tmp", "--owner", "5:6"], ["drwxr-xr-x 5 6 0 tmp"]),
    (
      ["--symlink", "/etc/link:a:b", "--dir", "x:1777"],
      ["lrwxrwxrwx 0 0 3 etc/link -> a:b", "drwxrwxrwt 0 0 0 x"]
    ),
    (
      ["--file", "overlay/etc/app/*:/y/", "--file", "vm.toml:/z:4711", "--owner", "7:8"],
      [
        "drwxr-xr-x 0 0 0 y", "lrwxrwxrwx 7 8 3 y/link -> one", "-rw-r--r-- 7 8 2 y/one",
        "-rws--x--x 7 8 9 z",
      ]
    ),
    (
      ["--tree", "overlay/etc:/usr/share", "--owner", "1:2"],
      [
        "drwxr-xr-x 1 2 0 usr/share", "drwxr-xr-x 1 2 0 usr/share/app",
        "lrwxrwxrwx 1 2 3 usr/share/app/link -> one", "-rw------- 1 2 2 usr/share/app/one",
      ]
    ),
    (
      // `/bin` is a link in the image, and stays one.
      ["--tree", "overlay", "--owner", "0:0"],
      [
        "-rwxr-xr-x 0 0 10 bin/run", "drwxr-xr-x 0 0 0 etc", "drwxr-xr-x 0 0 0 etc/app",
        "lrwxrwxrwx 0 0 3 etc/app/link -> one", "-rw------- 0 0 2 etc/app/one",
      ]
    ),
    (
      ["--dir", "/first", "--manifest", "site/part.json", "--symlink", "/last:x"],
      [
        "drwxr-xr-x 0 0 0 first", "-rw-r--r-- 0 0 2 etc/a.conf", "-rw-r--r-- 3 4 5 etc/site",
        "lrwxrwxrwx 0 0 4 etc/vm.toml -> site", "-rw-r--r-- 0 0 4 own", "drwxr-xr-x 0 0 0 run",
        "prw------- 0 0 0 run/f", "drwxr-xr-x 0 0 0 t", "drwxr-xr-x 0 0 0 t/sub",
        "-rw-r--r-- 0 0 2 t/sub/x", "lrwxrwxrwx 0 0 1 last -> x",
      ]
    ),
  ])
  func allFormsAreAdded(arguments: [String], expected: [String]) throws {
    try makeOverlay()
    _ = try run("chown", ["-R", "0:0", folder.path("site")])
    let added = try append(arguments).added.map { line in
      // Without links and time.
      let words = line.split(separator: " ").map(String.init)
      return line.isEmpty ? line : words.joined(separator: " ")
    }
    #expect(added.count == expected.count, "\(added)")
    for (line, wanted) in zip(added, expected) {
      let words = wanted.split(separator: " ").map(String.init)
      #expect(line.hasPrefix(words[0] + " "), "\(line), and not \(wanted)")
      #expect(
        line.hasSuffix(" " + words[4...].joined(separator: " ")), "\(line), and not \(wanted)")
      #expect(
        line.contains("\(words[1]):\(words[2])") || line.contains(" \(words[1]) \(words[2]) "),
        "\(line), and not \(wanted)")
    }
  }

  @Test func everyManifestIsASegmentAndNotesAreTold() throws {
    try makeOverlay()
    let (result, _) = try append(
      [
        "--dir", "/a", "--dir", "/b", "--manifest", "site/part.json", "--manifest",
        "site/part.json", "--json",
      ])
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let segments = try #require(json["segments"] as? [[String: Any]])
    #expect(
      segments.map { $0["entryCount"] as? Int } == [2, 9, 8], "a parent is there the second time")
    #expect((json["segment"] as? [String: Any])?["offset"] as? Int == segments[0]["offset"] as? Int)
    let notes = try #require(json["diagnostics"] as? [[String: Any]])
    #expect(notes.count == 2)
    #expect((notes[0]["message"] as? String)?.contains("trees: no directory at") == true)
    let check = try Mkinitrd.run(["check", "--partial", "more.img"], in: folder.url)
    #expect(check.text.contains("in 4 segments"), "\(check.text)")
  }

  @Test(
    .enabled(if: Checkout.isPrepared, "make test brings the kernels"),
    arguments: ["none", "lz4", "zstd"])
  func theKernelUnpacksAllForms(codec: String) throws {
    try makeOverlay()
    let image = try build("lz4", initFile: Boot.treeInit)
    let result = try Mkinitrd.run(
      [
        "append", image, "-o", "more.img", "--compression", codec, "--tree", "overlay",
        "--manifest",
        "site/part.json", "--symlink", "/own:etc/site", "--dir", "/tmp:0700",
      ], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    let unpacked = try Boot.unpack(folder.path("more.img"))
    #expect(!unpacked.console.contains("nitramfs unpacking failed"), "\(unpacked.console)")
    for line in [
      "usr/bin/run f 0755", "bin l 0777", "etc/app/link l 0777", "etc/app/one f 0600",
      "etc/site f 0644 3 4 5",
      "etc/vm.toml l 0777", "own l 0777", "run/f p 0600", "t/sub/x f 0644", "tmp d 0700",
    ] {
      #expect(unpacked.tree.contains { $0.hasPrefix(line + " ") }, "\(line) in \(unpacked.tree)")
    }
  }

  @Test(arguments: [
    (["--tree", "gone"], 1, "trees: no directory at ./gone"),
    (["--tree", "overlay:/init"], 1, "/init is not a directory in the image"),
    (
      ["--symlink", "/etc:x"], 1,
      "/etc is a directory in the image, so the kernel drops a file there"
    ),
    (["--manifest", "whole.json"], 1, "add \"partial\": true"),
    (["--manifest", "modules.json"], 1, "\"modules.include\" can't be a part of a segment"),
    (["--manifest", "gone.json"], 1, "gone.json"),
    ([], 64, "nothing to add"), (["--dir", "a:b:c"], 64, "expected PATH or PATH:MODE"),
    (["--dir", "a:9"], 64, "not an octal mode"), (["--symlink", "a"], 64, "expected PATH:TARGET"),
    (["--tree", ""], 64, "expected DIRECTORY or DIRECTORY:PATH"),
    (["--dir", "a", "--owner", "root"], 64, "expected UID:GID"),
  ])
  func wrongAdditionsAreRefused(arguments: [String], status: Int32, message: String) throws {
    try makeOverlay()
    try folder.write("whole.json", #"{ "manifestVersion": 1, "files": [] }"#)
    try folder.write(
      "modules.json", #"{ "manifestVersion": 1, "partial": true, "modules": { "include": ["x"] } }"#
    )
    let (result, _) = try append(arguments, status: status)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("more.img")))
  }
}
