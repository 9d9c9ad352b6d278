import Foundation
import TestSupport
import Testing

/// Runs the command in a sample sysroot with an output directory.
struct BuildTrial {
  let sysroot: SampleSysroot

  init() throws {
    sysroot = try SampleSysroot()
    try FileManager.default.createDirectory(
      at: sysroot.folder / "out", withIntermediateDirectories: true)
  }

  func build(
    _ manifest: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> CommandResult {
    try sysroot.folder.write("manifest.json", manifest)
    return try Mkinitrd.run(
      ["build", "manifest.json"] + arguments, in: sysroot.folder.url, environment: environment)
  }

  func image(_ name: String = "out/initrd.img") throws -> Data {
    try Data(contentsOf: sysroot.folder / name)
  }

  var outFolder: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: sysroot.folder.path("out")).sorted()
    }
  }
}
