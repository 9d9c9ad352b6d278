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
}
