import Foundation
import TestSupport

@testable import InitrdKit

/// A sample sysroot with a module that names firmware, and what an image has of it.
struct FirmwareTrial {
  let sample: SampleSysroot
  /// A kernel that reads no compressed firmware, and one that reads both.
  static let (plain, both) = (
    "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_FW_LOADER=y\n",
    "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_FW_LOADER_COMPRESS=y\nCONFIG_FW_LOADER_COMPRESS_XZ=y\n"
      + "CONFIG_FW_LOADER_COMPRESS_ZSTD=y\n"
  )
  static let release = SampleSysroot.release

  /// - Parameters:
  ///   - named: the firmware that the module `dummy` names.
  ///   - config: the kernel's configuration.
  /// - Throws: if it can't be written.
  init(_ named: [String] = [], config: String? = Self.plain) throws {
    sample = try SampleSysroot(config: config)
    try module("kernel/drivers/net/dummy.ko", named)
  }

  /// Lets a module of the sample name firmware.
  func module(_ path: String, _ named: [String]) throws {
    try sample.folder.write(
      "root/lib/modules/\(Self.release)/\(path)", SampleSysroot.module(firmware: named))
  }

  /// Writes a file below `lib/firmware`.
  func add(_ path: String, _ text: String = "plain") throws {
    try sample.folder.write("root/lib/firmware/\(path)", text)
  }

  /// Writes a compressed file below `lib/firmware`, by the tool that `suffix` names.
  func add(_ path: String, _ text: String, compressedBy tool: String, _ options: [String] = [])
    throws
  {
    let scratch = try TemporaryFolder()
    let file = try scratch.write("file", text)
    let packed = try run(tool, ["-c", "-q"] + options + [file])
    try sample.folder.write("root/lib/firmware/\(path)", packed.output)
  }

  /// Makes a link below the root.
  func link(_ path: String, to target: String) throws {
    let file = sample.folder / "root/\(path)"
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: file.path, withDestinationPath: target)
  }

  func plan(_ change: (inout Manifest) throws -> Void = { _ in }) throws -> Plan {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.linuxrc.template = .none
    manifest.busybox = nil
    manifest.sysroot = sample.path
    manifest.folder = sample.folder.url.path
    manifest.modules.include = ["dummy"]
    try change(&manifest)
    return try manifest.plan()
  }

  /// The reasons for a file below `lib/firmware`.
  func reasons(_ plan: Plan, _ name: String) throws -> [Reason]? {
    let path = try ImagePath("lib/firmware/\(name)")
    return plan.entries.first { $0.path == path }?.reasons
  }

  /// The plan's image.
  func image(_ plan: Plan) throws -> Image {
    var bytes: [UInt8] = []
    try plan.write { (piece: Span<UInt8>) throws(InitrdError) in
      for index in piece.indices { bytes.append(piece[index]) }
    }
    return try Image(bytes: bytes)
  }

  /// What an image of the plan has below `lib/firmware`: each path with its text, or `-> ` and a link's target.
  func contents(_ plan: Plan) throws -> [String: String] {
    let image = try image(plan)
    var found: [String: String] = [:]
    for entry in plan.entries {
      let path = String(decoding: entry.path.bytes, as: UTF8.self)
      guard path.hasPrefix("lib/firmware/") else { continue }
      let name = String(path.dropFirst("lib/firmware/".count))
      switch entry.content {
      case .directory: continue
      case .symlink(let target): found[name] = "-> " + String(decoding: target, as: UTF8.self)
      default: found[name] = String(decoding: try image.contents(of: path), as: UTF8.self)
      }
    }
    return found
  }
}
