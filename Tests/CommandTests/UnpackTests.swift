import Foundation
import InitrdKit
import TestSupport
import Testing

/// Compares what user-mode-linux unpacks from our images; a small init prints the tree.
@Suite(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
struct UnpackTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(
      "root/data/noise", (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
    try folder.write(
      "root/data/code", try Data(contentsOf: URL(fileURLWithPath: Boot.treeInit)), mode: 0o755)
    try folder.write("root/data/empty", "")
    try FileManager.default.linkItem(at: folder / "root/data/noise", to: folder / "root/data/twin")
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: Boot.treeInit), to: folder / "root/init")
  }

  private func build(_ compression: String) throws -> String {
    let long = String(repeating: "n", count: 255)
    try folder.write(
      "manifest.json",
      """
      {
        "manifestVersion": 1, "name": "oracle", "arch": "x86_64", "sysroot": "root", "kernel": null,
        "init": { "template": "none" },
        "files": [
          { "source": "/init", "dest": "/init", "mode": "0755" },
          { "source": "/data/noise", "dest": "/a/noise" },
          { "source": "/data/twin", "dest": "/b/twin" },
          { "source": "/data/code", "dest": "/usr/bin/code", "mode": "4750", "uid": 1000, "gid": 4294967294 },
          { "source": "/data/empty", "dest": "/a/empty", "mode": "0000" },
          { "content": "e\\u0301 and \\u00e9\\n", "dest": "/a/e\\u0301" },
          { "content": "\\u00e9\\n", "dest": "/a/\\u00e9" },
          { "content": "x", "dest": "/a/\(long)" }
        ],
        "directories": [{ "path": "/tmp", "mode": "1777" }, { "path": "/", "mode": "0711" }],
        "symlinks": { "/link": "a/noise", "/dangling": "/no/where" },
        "nodes": [
          { "path": "/n/char", "type": "char", "major": 4095, "minor": 1048575, "mode": "0620" },
          { "path": "/n/block", "type": "block", "major": 8, "minor": 1 },
          { "path": "/n/fifo", "type": "fifo" }, { "path": "/n/socket", "type": "socket", "gid": 7 }
        ],
        "compression": \(compression)
      }
      """)
    let image = folder.path("initrd.img")
    let result = try Mkinitrd.run(["build", "manifest.json", "-o", image], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return image
  }

  /// Path, type, mode, owner, group, size and number of names of the expected entries.
  private static let expected = [
    ". d 0711 0 0", "a d 0755 0 0", "a/\\xc3\\xa9 f 0644 0 0 3 1", "a/e\\xcc\\x81 f 0644 0 0 11 1",
    "a/empty f 0000 0 0 0 1", "a/noise f 0644 0 0 3000000 2", "b/twin f 0644 0 0 3000000 2",
    "dangling l 0777 0 0 9 1 0:0", "dev/console c 0600 0 0 0 1 5:1", "link l 0777 0 0 7 1 0:0",
    "n/block b 0600 0 0 0 1 8:1", "n/char c 0620 0 0 0 1 4095:1048575", "n/fifo p 0600 0 0 0 1",
    "n/socket s 0600 0 7 0 1", "tmp d 1777 0 0", "usr/bin/code f 4750 1000 4294967294",
  ]

  /// The name of every compression, as in a manifest.
  private static let codecs = Compression.allCases.map { "\"\($0.rawValue)\"" }

  /// The lowest and the highest level of a compression, as in a manifest.
  private static func levels(of codec: String) -> [String] {
    let levels = Compression(rawValue: String(codec.dropFirst().dropLast()))?.levels
    return [levels?.lowerBound, levels?.upperBound].compactMap(\.self).map {
      "{\"algorithm\": \(codec), \"level\": \($0)}"
    }
  }

  @Test func everyCodecGivesTheSameTree() throws {
    var trees: [String: [String]] = [:]
    for codec in Self.codecs + Self.codecs.flatMap(Self.levels) {
      let unpacked = try Boot.unpack(try build(codec))
      #expect(
        !unpacked.console.contains("nitramfs unpacking failed"), "\(codec): \(unpacked.console)")
      trees[codec] = unpacked.tree
      #expect(unpacked.tree == trees["\"none\""], "\(codec)")
    }
    let tree = try #require(trees["\"none\""])
    for line in Self.expected {
      #expect(
        tree.contains { $0.hasPrefix(line + " ") }, "\(line) in\n\(tree.joined(separator: "\n"))")
    }
    // The kernel adds only /root; our image contains all parents.
    #expect(tree.count == 24, "\(tree.joined(separator: "\n"))")
    let hashes = ["a/noise ", "b/twin "].map { name in
      tree.first { $0.hasPrefix(name) }?.split(separator: " ").last
    }
    #expect(hashes[0] == hashes[1])
  }

  @Test(arguments: codecs)
  func otherToolsReadTheSameFiles(codec: String) throws {
    let image = try build(codec)
    let name = codec.dropFirst().dropLast()
    var archive = try Data(contentsOf: URL(fileURLWithPath: image))
    switch name {
    case "none": break
    // After the last block, lz4(1) reports the NULs that end the segment as a damaged block.
    case "lz4": archive = Data(try run("lz4", ["-dc", image]).output)
    // lzop decompresses all members, and ends with the warning status 2 because there are several.
    case "lzo":
      let result = try run("lzop", ["-dc"], input: archive)
      #expect(result.status == 0 || result.errors.contains("multipart"), "\(result.errors)")
      archive = Data(result.output)
    default:
      let result = try run(String(name), ["-dc"], input: archive)
      #expect(result.status == 0, "\(result.errors)")
      archive = Data(result.output)
    }
    let listed = try Mkinitrd.run(["list", image]).output
    for tool in ["cpio", "bsdcpio"] {
      let result = try run(tool, ["-it", "--quiet"], input: archive)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output == listed, "\(tool)")
      let copy = try TemporaryFolder()
      let command =
        tool == "cpio" ? ["-idm", "--quiet", "--no-absolute-filenames"] : ["-idm", "--quiet"]
      _ = try run(tool, command + ["a/*", "b/*", "usr/*"], in: copy.url, input: archive)
      for (from, to) in [("noise", "a/noise"), ("noise", "b/twin"), ("code", "usr/bin/code")] {
        let (original, unpacked) = (folder.path("root/data/\(from)"), copy.path(to))
        #expect(
          FileManager.default.contentsEqual(atPath: original, andPath: unpacked), "\(tool) \(to)")
      }
    }
  }

  @Test func inspectCountsEntriesAndSegments() throws {
    for codec in Self.codecs {
      let result = try Mkinitrd.run(["inspect", try build(codec), "--json"])
      let object = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
      #expect((object?["entries"] as? [Any])?.count == 23)
      let segments = object?["segments"] as? [[String: Any]]
      // 3 MB of noise is more than one member in the formats with the smallest windows.
      #expect((1...2).contains(segments?.count ?? 0))
      #expect(segments?.first?["compression"] as? String == String(codec.dropFirst().dropLast()))
    }
  }
}
