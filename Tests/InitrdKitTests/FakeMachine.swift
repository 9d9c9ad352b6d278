import Foundation
import TestSupport

@testable import InitrdKit

/// A simulated machine: files below /proc, /sys, /dev and /run, and a kernel with modules.
struct FakeMachine {
  let sysroot: SampleSysroot

  /// A machine with one line of `/proc/self/mountinfo` for `/`.
  ///
  /// - Parameters:
  ///   - mount: the line, beginning with the device's number: `254:1 / / rw - ext4 /dev/vda1 rw`.
  ///   - modules: the names of the kernel's modules.
  ///   - builtIn: the names of the drivers that are built into the kernel.
  ///   - aliases: lines of `modules.alias` without their first word.
  ///   - running: the release of the running kernel.
  /// - Throws: an error if the files can't be written.
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

  /// Creates a symbolic link to `target`, a path from the root. As in sysfs, the link is relative to its directory.
  func link(_ path: String, _ target: String) throws {
    let place = sysroot.folder / "root/\(path)"
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    let up = String(repeating: "../", count: path.split(separator: "/").count - 1)
    try FileManager.default.createSymbolicLink(
      atPath: place.path, withDestinationPath: up + target)
  }

  /// Creates a device below /sys/devices with its driver. A driver without a module is built in.
  func device(_ path: String, driver: String, module: String?, alias: String = "") throws {
    let bus = "sys/bus/fake/drivers/\(driver)"
    try link("sys/devices/\(path)/driver", bus)
    try write("sys/devices/\(path)/modalias", "\(alias)\n")
    if let module, (try? link("\(bus)/module", "sys/module/\(module)")) != nil {
      try write("sys/module/\(module)/refcnt", "1\n")
    }
  }

  /// Creates a disk or partition below /sys/devices. The `slaves` are the disks that it consists of.
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

  /// Makes the starting manifest, reads it back and plans it.
  func start(
    _ choices: StartingManifest.Choices = .init()
  ) throws -> (start: StartingManifest, manifest: Manifest, plan: Plan) {
    let start = try StartingManifest(for: Machine(root: path), choices)
    let manifest = try Manifest(json: Array(start.text.utf8), file: "manifest.json")
    // The plan must succeed even if our init can't mount this machine's root.
    var planned = manifest
    planned.isPartial = true
    return (start, manifest, try planned.plan())
  }
}
