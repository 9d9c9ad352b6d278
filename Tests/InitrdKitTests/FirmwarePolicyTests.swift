import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// What the manifest says about firmware: the policy, `include` and `exclude`.
@Suite struct FirmwarePolicyTests {
  @Test func missingFilesAreOneNote() throws {
    let names = (10..<30).map { "m/\($0).bin" }
    let trial = try FirmwareTrial(names + ["there.bin"])
    try trial.module("kernel/fs/mbcache.ko", ["m/10.bin"])
    try trial.add("there.bin")
    let plan = try trial.plan { $0.modules.include = ["dummy", "mbcache"] }
    #expect(plan.notes.count == 1 && plan.notes.first?.severity == .note)
    #expect(plan.notes.first?.code == .missing)
    let list = names.prefix(10).map {
      $0 == "m/10.bin" ? "\($0) (dummy, mbcache)" : "\($0) (dummy)"
    }
    #expect(
      plan.notes.first?.message
        == "firmware: 20 files that modules name are not in the sysroot: "
        + list.joined(separator: ", ") + " and 10 more")
    // The plan lists all of them.
    let missing = plan.firmware.filter { $0.path == nil }.map {
      String(decoding: $0.name, as: UTF8.self)
    }
    #expect(missing == names)
  }

  @Test func requiredFilesAreErrorsAllAtOnce() throws {
    let trial = try FirmwareTrial(["b.bin", "there.bin", "a*.bin", "../x"])
    try trial.module("kernel/fs/mbcache.ko", ["b.bin"])
    try trial.add("there.bin")
    let error = #expect(throws: InitrdError.self) {
      try trial.plan {
        $0.modules.include = ["dummy", "mbcache"]
        $0.firmware.policy = .required
      }
    }
    func message(_ name: String, _ modules: String) -> String {
      "firmware: no \(name) in lib/firmware of the sysroot; requested by \(modules)"
    }
    #expect(
      error?.diagnostics.map(\.message) == [
        message("../x", "dummy"), message("a*.bin", "dummy"), message("b.bin", "dummy, mbcache"),
      ])
    #expect(error?.code == .missing)
    #expect(error?.remedy == "add it to the sysroot, or leave it out with firmware.exclude")
    let plan = try trial.plan {
      $0.firmware.policy = .required
      $0.firmware.exclude = ["b.bin", "a*"]
      $0.modules.include = ["mbcache"]
    }
    #expect(plan.firmware.isEmpty)
  }

  @Test func policyNoneLeavesOnlyWhatIsIncluded() throws {
    let trial = try FirmwareTrial(["a.bin", "gone.bin"])
    for name in ["a.bin", "b.bin"] { try trial.add(name) }
    let none = try trial.plan { $0.firmware.policy = .none }
    #expect(try trial.contents(none).isEmpty && none.notes.isEmpty && none.firmware.isEmpty)
    let some = try trial.plan {
      $0.firmware.policy = .none
      $0.firmware.include = ["b.bin"]
    }
    #expect(try trial.contents(some) == ["b.bin": "plain"])
    #expect(
      try trial.reasons(some, "b.bin") == [
        .requested(key: "firmware.include", name: nil, location: nil)
      ])
  }

  @Test func includedAndExcludedFirmware() throws {
    let trial = try FirmwareTrial(["m/1.bin", "m/2.bin", "m/sub/3.bin", "n.bin"])
    for name in [
      "m/1.bin", "m/2.bin", "m/sub/3.bin", "n.bin", "i/1.bin", "i/2.bin", "i/s/t/4.bin",
      "updates/i/5.bin", "o/1.bin",
    ] { try trial.add(name, name) }
    try trial.link("lib/firmware/i/s/loop", to: "../..")
    try trial.link("lib/firmware/i/other", to: "../o")
    func names(_ change: (inout Manifest) throws -> Void) throws -> [String] {
      try trial.contents(try trial.plan(change)).keys.sorted()
    }
    #expect(
      try names { $0.firmware.exclude = ["m/*.bin"] } == ["m/sub/3.bin", "n.bin"])
    #expect(try names { $0.firmware.exclude = ["m/"] } == ["n.bin"])
    #expect(
      try names { $0.firmware.exclude = ["m/2.bin", "*.bin"] } == ["m/1.bin", "m/sub/3.bin"])
    #expect(
      try names {
        $0.firmware.policy = .none
        $0.firmware.include = ["i/"]
        $0.firmware.exclude = ["i/2.bin"]
      } == ["i/1.bin", "i/other", "i/s/t/4.bin", "o/1.bin", "updates/i/5.bin"])
    #expect(
      try names {
        $0.firmware.policy = .none
        $0.firmware.include = ["i/?.bin", "i/*/t/*"]
      } == ["i/1.bin", "i/2.bin", "i/s/t/4.bin", "updates/i/5.bin"])
    let both = #expect(throws: InitrdError.self) {
      try trial.plan {
        $0.firmware.include = ["n.bin"]
        $0.firmware.exclude = ["n*"]
      }
    }
    #expect(both?.message == "n.bin is requested, and firmware.exclude removes it")
  }

  @Test func missingIncludedFirmwareIsAnErrorWithTheNearestName() throws {
    let trial = try FirmwareTrial()
    try trial.add("dir/ab-cd.bin")
    let error = #expect(throws: InitrdError.self) {
      try trial.plan {
        $0.firmware.include = [
          "dir/ab-cf.bin", "x*.bin", .init("y*", optional: true),
          .init("dir/z.bin", optional: true),
        ]
      }
    }
    #expect(error?.diagnostics.map(\.message).count == 2)
    #expect(
      error?.message == "firmware.include: nothing in lib/firmware matches \"x*.bin\"")
    let other = try #require(error?.others.first)
    #expect(
      other.message == "firmware.include: no dir/ab-cf.bin in \(trial.sample.path)/lib/firmware")
    #expect(other.remedy == "did you mean \"dir/ab-cd.bin\"?")
    let plan = try trial.plan {
      $0.firmware.include = [.init("y*", optional: true), .init("dir/z.bin", optional: true)]
    }
    #expect(plan.notes.count == 2)
  }

  /// What `files` brings is not missing, and wins over the sysroot's.
  @Test func filesOfTheManifestCount() throws {
    let trial = try FirmwareTrial(["a.bin", "b.bin", "c*.bin", "d.bin"])
    try trial.add("d.bin", "of the sysroot")
    let plan = try trial.plan { manifest in
      manifest.firmware.policy = .required
      for name in ["a.bin.xz", "updates/b.bin", "\(FirmwareTrial.release)/c1.bin", "d.bin"] {
        manifest.files.append(
          .init(.content(Array("mine".utf8)), dest: try ImagePath("/lib/firmware/\(name)")))
      }
    }
    #expect(try trial.contents(plan)["d.bin"] == "mine")
  }

  @Test func withoutAKernelOnlyIncludedFirmwareIsFound() throws {
    let trial = try FirmwareTrial()
    try trial.add("a.bin.xz", "text", compressedBy: "xz")
    try trial.add("\(FirmwareTrial.release)/b.bin")
    let plan = try trial.plan {
      $0.kernel = nil
      $0.modules.include = []
      $0.firmware.include = ["a.bin", .init("b.bin", optional: true)]
    }
    #expect(try trial.contents(plan) == ["a.bin": "text"])
    #expect(plan.notes.map(\.code).contains(.kernel))
  }

  /// The depfile has what the choice depends on: the directories too, in which a better file may appear.
  @Test func inputsAreTheFilesAndTheDirectories() throws {
    let trial = try FirmwareTrial(["a/b.bin"])
    try trial.add("a/b.bin")
    try trial.add("updates/c.bin")
    let inputs = try trial.plan().inputs.filter { $0.contains("firmware") }
      .map { $0.replacing(trial.sample.path, with: "") }
    #expect(
      inputs == [
        "/lib/firmware", "/lib/firmware/a", "/lib/firmware/a/b.bin", "/lib/firmware/updates",
      ])
  }
}
