import Foundation
import InitrdKit
import TestSupport
import Testing

/// Images that are compressed in several members: the bytes do not depend on the number of threads, and the
/// kernel unpacks all files.
@Suite struct ThreadsTests {
  private let sample: SampleSysroot

  /// Makes 40 different files of 1 MiB that compress quickly. Every format needs more than one member for
  /// them.
  init() throws {
    sample = try SampleSysroot()
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: Boot.treeInit), to: sample.folder / "root/tree-init")
    let result = try run(
      "sh",
      [
        "-ec",
        "mkdir root/data; for i in $(seq 10 49); do seq ${i}0000 ${i}9999 | head -c 70000 >line"
          + "; cat line line line line line line line line line line line line line line line"
          + " >root/data/$i; done; rm line",
      ], in: sample.folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func build(_ codec: Compression, threads: Int) throws -> String {
    let level = codec.levels.map { ", \"level\": \($0.lowerBound)" } ?? ""
    let files = (10...49).map { "{ \"source\": \"/data/\($0)\", \"dest\": \"/data/\($0)\" }" }
    try sample.folder.write(
      "m.json",
      """
      { "manifestVersion": 1, "sysroot": "root", "arch": "x86_64", "kernel": null, "init": { "template": "none" },
        "compression": { "algorithm": "\(codec.rawValue)"\(level) },
        "files": [\(files.joined(separator: ", ")),
          { "source": "/tree-init", "dest": "/init", "mode": "0755" }] }
      """)
    let name = "\(codec)-\(threads).img"
    let result = try Mkinitrd.run(
      ["build", "m.json", "-o", name, "--threads", "\(threads)"], in: sample.folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return sample.folder.path(name)
  }

  @Test(arguments: Compression.allCases.filter { $0 != .uncompressed })
  func bytesDoNotDependOnTheThreads(codec: Compression) throws {
    let one = try build(codec, threads: 1)
    for threads in [2, 8] {
      let other = try build(codec, threads: threads)
      #expect(FileManager.default.contentsEqual(atPath: one, andPath: other), "\(threads)")
    }
    // Every reader takes the members of lz4 for one, with the magic number between blocks.
    let inspected = try Mkinitrd.run(["inspect", one, "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(inspected.output)) as? [String: Any]
    let members = object?["segments"] as? [Any]
    #expect((members?.count ?? 0) > 1 || codec == .lz4)
    let unpacked = try Boot.unpack(one)
    #expect(!unpacked.console.contains("unpacking failed"), "\(unpacked.console)")
    let files = unpacked.tree.filter { $0.hasPrefix("data/") }
    #expect(files.count == 40, "\(unpacked.tree)")
    let hashes = Set(files.compactMap { $0.split(separator: " ").last })
    #expect(hashes.count == 40)
  }
}
