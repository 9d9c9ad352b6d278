import Foundation
import TestSupport

@testable import InitrdKit

/// A machine that is made of files: /proc, /sys, /dev and /run beside a kernel with modules.
struct FakeMachine {
  let sysroot: SampleSysroot

  /// A machine whose `/` is what the line of `/proc/self/mountinfo` says.
  ///
  /// - Parameters:
  ///   - mount: from the device's number on: `254:1 / / rw - ext4 /dev/vda1 rw`.
  ///   - modules: what the kernel has as modules.
  ///   - builtIn: what is built into it.
  ///   - aliases: lines of `modules.alias` without their first word.
  ///   - running: the release of the kernel that runs.
  /// - Throws: when it can't be written.
  init(
    mount: String, modules: [String], builtIn: [String] = [], aliases: [String] = [],
    running: String = SampleSysroot.release
  ) throws {
    sysroot = try SampleSysroot(
      dependencies: modules.map { ("kernel/\($0).ko", []) }, softdeps: "",
      aliases: aliases.map { "alias \($0)\n" }.joined(),
      builtIn: builtIn.map { "kernel/\($0).ko\n" }.joined())
    try write("proc/sys/kernel/osrelease", "\(running)\n")
    try write(
      "proc/self/mountinfo",
      """
      1 1 0:2 / / rw - rootfs rootfs rw
      21 27 0:20 / /proc rw,nosuid - proc proc rw
      27 1 \(mount)

      """)
  }

  var path: String { sysroot.path }

  func write(_ path: String, _ text: String) throws {
    try sysroot.folder.write("root/\(path)", text)
  }

  /// A symbolic link to `target`, a path from the root, written as sysfs does: from the link's folder.
  func link(_ path: String, _ target: String) throws {
    let place = sysroot.folder / "root/\(path)"
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    let up = String(repeating: "../", count: path.split(separator: "/").count - 1)
    try FileManager.default.createSymbolicLink(
      atPath: place.path, withDestinationPath: up + target)
  }

  /// A device below /sys/devices with its driver; a driver without a module is built in.
  func device(_ path: String, driver: String, module: String?, alias: String = "") throws {
    let bus = "sys/bus/fake/drivers/\(driver)"
    try link("sys/devices/\(path)/driver", bus)
    try write("sys/devices/\(path)/modalias", "\(alias)\n")
    if let module, (try? link("\(bus)/module", "sys/module/\(module)")) != nil {
      try write("sys/module/\(module)/refcnt", "1\n")
    }
  }

  /// A disk or partition below /sys/devices, with what it is made of.
  func disk(
    _ path: String, number: String, isPartition: Bool = false, slaves: [String] = [],
    mapped: (name: String, uuid: String)? = nil
  ) throws {
    let folder = "sys/devices/\(path)"
    let name = lastComponent(path)
    try write("\(folder)/uevent", "MAJOR=0\nDEVNAME=\(name)\n")
    try write("\(folder)/dev", "\(number)\n")
    if isPartition { try write("\(folder)/partition", "1\n") }
    for slave in slaves {
      try link("\(folder)/slaves/\(lastComponent(slave))", "sys/devices/\(slave)")
    }
    if let mapped {
      try write("\(folder)/dm/name", "\(mapped.name)\n")
      try write("\(folder)/dm/uuid", "\(mapped.uuid)\n")
      try link("dev/mapper/\(mapped.name)", "dev/\(name)")
    }
    try link("sys/dev/block/\(number)", folder)
    try link("sys/class/block/\(name)", folder)
    try write("dev/\(name)", "")
  }

  /// The starting manifest, read back and planned.
  func start(
    _ choices: StartingManifest.Choices = .init()
  ) throws -> (start: StartingManifest, manifest: Manifest, plan: Plan) {
    let start = try StartingManifest(for: Machine(root: path), choices)
    let manifest = try Manifest(json: Array(start.text.utf8), file: "manifest.json")
    // Not every machine's root is one that our init can mount.
    var planned = manifest
    planned.isPartial = true
    return (start, manifest, try planned.plan())
  }
}
