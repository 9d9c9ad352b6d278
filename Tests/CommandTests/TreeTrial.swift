import Foundation
import TestSupport
import Testing

/// A directory with a sysroot, and what the command makes of it as cpio and our own list see it.
struct TreeTrial {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try shell("mkdir root")
  }

  func shell(_ script: String) throws {
    let result = try run("sh", ["-ec", script], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  @discardableResult
  func build(
    _ members: String, _ arguments: [String] = ["-o", "out.img"], status: Int32 = 0
  ) throws -> CommandResult {
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "partial": true, "kernel": null, "arch": "x86_64", "sysroot": "root",
        "init": { "template": "none" }, "compression": "none", \(members) }
      """)
    let result = try Mkinitrd.run(["build", "manifest.json"] + arguments, in: folder.url)
    #expect(result.status == status, "\(result.text)\(result.errors)")
    return result
  }

  /// The entries of an image but for `/dev/console`: type and mode, links, owner, size or device, path and target.
  func entries(_ image: String = "out.img") throws -> [String] {
    let result = try Mkinitrd.run(["list", "-l", image], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return result.text.split(separator: "\n").map(String.init)
      .filter { !$0.hasSuffix(" dev/console") && !$0.hasSuffix(" dev") }
  }

  func paths(_ image: String = "out.img") throws -> [String] {
    try Mkinitrd.run(["list", image], in: folder.url).text.split(separator: "\n").map(String.init)
      .filter { $0 != "dev" && $0 != "dev/console" }
  }

  /// What `find | cpio` makes of a directory, in the form of ``cpioList(_:)``.
  func cpioOfFind(_ directory: String) throws -> [String] {
    try shell(
      "(cd \(directory) && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc 2>/dev/null) >cpio.img"
    )
    return try cpioList("cpio.img")
  }

  /// An image as cpio lists it, sorted, without times and without the links of directories.
  func cpioList(_ image: String) throws -> [String] {
    let result = try run(
      "sh", ["-ec", "cpio -itv --numeric-uid-gid <'\(image)'"], in: folder.url,
      environment: ["LC_ALL": "C"])
    return result.output.split(separator: 10).map { line in
      // Mode, links, owner, group, size or device, three words of time, name.
      let words = String(decoding: line, as: UTF8.self)
        .replacing(#/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d+ +[\d:]+ /#, with: "")
        .replacing(#/ +/#, with: " ")
      // cpio counts the links of directories as file systems do.
      return words.replacing(#/^(d[^ ]+) \d+ /#, with: { "\($0.output.1) 1 " })
    }.filter { !$0.hasSuffix(" dev") && !$0.hasSuffix(" dev/console") }
      // cpio has hard links at the end.
      .sorted()
  }
}
