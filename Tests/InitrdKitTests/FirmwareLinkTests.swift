import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// Links on the way to firmware: the kernel finds the file in the image by the path that it opens.
@Suite struct FirmwareLinkTests {
  /// Links by their paths in the root, files, and what the image has below `lib/firmware` for `a.bin` and `d/b.bin`.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var links: [String: String]
    var files: [String]
    var expected: [String: String]

    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "a file's link, and a chain of two",
      links: ["lib/firmware/a.bin": "v1/a.bin", "lib/firmware/v1/a.bin": "../v2/real.bin"],
      files: ["lib/firmware/v2/real.bin"],
      expected: [
        "a.bin": "-> v1/a.bin", "v1/a.bin": "-> ../v2/real.bin", "v2/real.bin": "v2/real.bin",
      ]),
    Case(
      name: "a directory's link",
      links: ["lib/firmware/d": "vendor/d-1"], files: ["lib/firmware/vendor/d-1/b.bin"],
      expected: ["d": "-> vendor/d-1", "vendor/d-1/b.bin": "vendor/d-1/b.bin"]),
    Case(
      name: "an absolute target inside",
      links: ["lib/firmware/d/b.bin": "/lib/firmware/x/y.bin"], files: ["lib/firmware/x/y.bin"],
      expected: ["d/b.bin": "-> ../x/y.bin", "x/y.bin": "x/y.bin"]),
    Case(
      name: "a target that leaves and comes back",
      links: ["lib/firmware/d/b.bin": "../../firmware/x/y.bin"], files: ["lib/firmware/x/y.bin"],
      expected: ["d/b.bin": "-> ../x/y.bin", "x/y.bin": "x/y.bin"]),
    Case(
      name: "a target outside",
      links: [
        "lib/firmware/a.bin": "/etc/alternatives/a", "etc/alternatives/a": "../../opt/a.bin",
      ],
      files: ["opt/a.bin"], expected: ["a.bin": "opt/a.bin"]),
    Case(
      name: "a directory outside",
      links: ["lib/firmware/d": "../../opt/d"], files: ["opt/d/b.bin"],
      expected: ["d/b.bin": "opt/d/b.bin"]),
    Case(
      name: "a directory outside with a link to the inside",
      links: ["lib/firmware/d": "/opt/d", "opt/d/b.bin": "/lib/firmware/x.bin"],
      files: ["lib/firmware/x.bin"],
      expected: ["d/b.bin": "-> ../x.bin", "x.bin": "x.bin"]),
    Case(
      name: "nowhere, and to itself through two directories",
      links: ["lib/firmware/a.bin": "gone", "lib/firmware/d": "/nowhere"], files: [], expected: [:]),
    Case(
      name: "out of the root",
      links: ["lib/firmware/a.bin": "../../../../../../../../opt/a.bin"], files: ["opt/a.bin"],
      expected: ["a.bin": "opt/a.bin"]),
    Case(
      name: "merged directories",
      links: ["lib/firmware/a.bin": "/usr/lib/firmware/b.bin"],
      files: ["usr/lib/firmware/b.bin", "usr/lib/firmware/d/b.bin"],
      expected: ["a.bin": "-> b.bin", "b.bin": "b.bin", "d/b.bin": "d/b.bin"]),
  ]

  @Test(arguments: cases) func linksLeadToTheFile(item: Case) throws {
    let trial = try FirmwareTrial(["a.bin", "d/b.bin"])
    func name(_ path: String) -> String {
      path.replacing("usr/lib/firmware/", with: "").replacing("lib/firmware/", with: "")
    }
    for file in item.files { try trial.sample.folder.write("root/\(file)", name(file)) }
    for (path, target) in item.links { try trial.link(path, to: target) }
    let plan = try trial.plan()
    #expect(try trial.contents(plan) == item.expected)
    // The kernel's own way to the file.
    let image = try trial.image(plan)
    for file in plan.firmware {
      guard let path = file.path else { continue }
      #expect(path.description == "/lib/firmware/" + String(decoding: file.name, as: UTF8.self))
      #expect(try !image.contents(of: path.description).isEmpty)
    }
    let reasons = plan.entries.filter { $0.path.description.hasPrefix("/lib/firmware/") }
    for entry in reasons where entry.fileType != .directory {
      #expect(entry.reasons == [.firmware(of: "dummy")], "\(entry.path)")
    }
  }

  /// Debian 13 has /lib in /usr/lib.
  @Test func aMergedRootHasItsFirmwareInLib() throws {
    let trial = try FirmwareTrial(["d/b.bin"])
    let root = trial.sample.folder / "root"
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("usr"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      at: root.appendingPathComponent("lib"), to: root.appendingPathComponent("usr/lib"))
    try trial.link("lib", to: "usr/lib")
    try trial.sample.folder.write("root/usr/lib/firmware/real.bin", "text")
    try trial.link("usr/lib/firmware/d/b.bin", to: "../real.bin")
    #expect(
      try trial.contents(trial.plan()) == ["d/b.bin": "-> ../real.bin", "real.bin": "text"])
  }

  @Test func linksToDecompressedFilesLoseTheSuffixToo() throws {
    let trial = try FirmwareTrial(["a.bin", "b.bin", "c.bin"])
    try trial.add("v/real.bin.xz", "text", compressedBy: "xz")
    try trial.link("lib/firmware/a.bin.xz", to: "v/real.bin.xz")
    try trial.link("lib/firmware/b.bin.xz", to: "a.bin.xz")
    // c.bin is plain by its name: the driver gets the compressed bytes, here as there.
    try trial.link("lib/firmware/c.bin", to: "v/real.bin.xz")
    let plan = try trial.plan()
    let contents = try trial.contents(plan)
    #expect(contents["a.bin"] == "-> v/real.bin" && contents["b.bin"] == "-> a.bin")
    #expect(contents["v/real.bin"] == "text" && contents["c.bin"] == "-> v/real.bin.xz")
    #expect(contents.count == 5)
    #expect(try trial.image(plan).contents(of: "lib/firmware/b.bin") == Array("text".utf8))
  }

  /// Without its suffix a file may get the name of another one.
  @Test func aTakenNameIsNotReplaced() throws {
    let trial = try FirmwareTrial(["a.bin", "b.bin"])
    try trial.add("b.bin", "plain")
    try trial.add("b.bin.xz", "of xz", compressedBy: "xz")
    try trial.link("lib/firmware/a.bin.xz", to: "b.bin.xz")
    let image = try trial.image(try trial.plan())
    #expect(try image.contents(of: "lib/firmware/a.bin") == Array("of xz".utf8))
    #expect(try image.contents(of: "lib/firmware/b.bin") == Array("plain".utf8))
  }

  @Test func endlessLinksAreAnError() throws {
    let trial = try FirmwareTrial(["a.bin"])
    try trial.link("lib/firmware/a.bin", to: "a.bin")
    let error = #expect(throws: InitrdError.self) { try trial.plan() }
    #expect(error?.code == .badInput && error?.message.contains("40 symbolic links") == true)
  }

  /// A kernel's package has no firmware: links lead from one layer into another, and later layers win.
  @Test func layersAreOneTree() throws {
    let trial = try FirmwareTrial(["a.bin", "d/b.bin", "x.bin", "z-*.bin"])
    try trial.add("a.bin", "hidden")
    try trial.link("lib/firmware/d", to: "vendor")
    let archive = try FirmwareTrial()
    try archive.add("a.bin", "of the archive")
    try archive.add("vendor/b.bin", "linked")
    try archive.add("x.bin.xz", "of xz", compressedBy: "xz")
    try archive.add("z-1.bin", "1")
    let tar = trial.sample.folder.path("firmware.tar.gz")
    let made = try run("tar", ["-czf", tar, "-C", archive.sample.path, "lib/firmware"])
    try #require(made.status == 0, "\(made.errors)")
    let plan = try trial.plan { $0.layers = [trial.sample.path, tar] }
    #expect(
      try trial.contents(plan) == [
        "a.bin": "of the archive", "d": "-> vendor", "vendor/b.bin": "linked", "x.bin": "of xz",
        "z-1.bin": "1",
      ])
  }

  @Test func hardLinksStayOneFile() throws {
    let trial = try FirmwareTrial(["a.bin", "b.bin"])
    try trial.add("a.bin", "text")
    try FileManager.default.linkItem(
      atPath: trial.sample.path + "/lib/firmware/a.bin",
      toPath: trial.sample.path + "/lib/firmware/b.bin")
    let plan = try trial.plan()
    #expect(plan.entries.filter { $0.links == 2 }.count == 2)
  }
}
