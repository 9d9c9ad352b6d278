import Foundation
import TestSupport

/// The real command, from the build directory of the tests or from MKINITRD.
enum Mkinitrd {
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["MKINITRD"] { return path }
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = tests.deletingLastPathComponent().appendingPathComponent("mkinitrd-swift")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside.path }
    return Checkout.file(".build/debug/mkinitrd-swift").path
  }()

  static func run(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]
  ) throws -> CommandResult {
    try TestSupport.run(path, arguments, in: folder, environment: environment)
  }
}

/// The manifest that most tests start from.
let sampleManifest = """
  {
    "manifestVersion": 1,
    "name": "sample",
    "sysroot": "root",
    "modules": { "include": ["virtio_blk", "ext4"] },
    "init": { "root": { "device": "/dev/vda", "fstype": "ext4" } },
    "output": { "path": "out/initrd.img" }
  }
  """
