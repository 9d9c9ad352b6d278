import Foundation
import TestSupport
import Testing

@testable import BaseKit

/// How files are replaced, and the errors of a failure.
@Suite struct AtomicFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func replace(_ name: String, with text: String) throws(InitrdError) {
    var file = try AtomicFile(replacing: folder.path(name), mode: 0o640)
    try file.write(Array(text.utf8).span)
    try file.commit()
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: folder / name, encoding: .utf8)
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(name), withDestinationPath: target)
  }

  private func target(of name: String) throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: folder.path(name))
  }

  @Test func symbolicLinkIsKeptAndItsTargetReplaced() throws {
    try folder.write("deep/file", "old")
    try link("deep/inner", to: "file")
    try link("outer", to: "deep/inner")
    try replace("outer", with: "new")
    #expect(try text("deep/file") == "new")
    #expect(try target(of: "outer") == "deep/inner" && target(of: "deep/inner") == "file")
    // A link to a missing file creates that file.
    try link("dangling", to: folder.path("deep/made"))
    try replace("dangling", with: "made")
    #expect(try text("deep/made") == "made")
    try link("lost", to: "nowhere/x")
    #expect(throws: InitrdError.self) { try replace("lost", with: "x") }
    let left = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path)
    #expect(left.filter { $0.contains(".mkinitrd-new") } == [])
  }

  @Test func circularLinksAreAnError() throws {
    try link("a", to: "b")
    try link("b", to: "a")
    let error = #expect(throws: InitrdError.self) { try replace("a", with: "x") }
    #expect(error?.message.contains("form a loop") == true)
  }

  /// After the rename, the new file is in place, and the error must say so.
  @Test func failedDirectoryFlushSaysThatTheNewFileIsInPlace() throws {
    try folder.write("file", "old")
    var file = try AtomicFile(replacing: folder.path("file"), mode: 0o600)
    try file.write(Array("new".utf8).span)
    // Replaces the descriptor of the directory by a pipe, which cannot be flushed.
    let real = folder.url.resolvingSymlinksInPath().path
    let opened = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == real
    }
    let number = try #require(opened.flatMap { Int32($0) })
    let pipe = Pipe()
    #expect(dup2(pipe.fileHandleForReading.fileDescriptor, number) == number)
    var error: InitrdError?
    do { try file.commit() } catch let failure { error = failure }
    #expect(error?.code == .system)
    #expect(error?.message.hasPrefix("the new file is in place, but its directory") == true)
    #expect(try text("file") == "new")
  }

  @Test func ownerModeAndExtendedAttributesAreKept() throws {
    try folder.write("file", "old", mode: 0o604)
    let isRoot = getuid() == 0
    let script = """
      import os, sys
      os.setxattr(sys.argv[1], "user.note", b"a\\0b"); os.setxattr(sys.argv[1], "user.empty", b"")
      \(isRoot ? "os.chown(sys.argv[1], 1234, 5678)" : "")
      """
    // Not every file system supports extended attributes.
    guard try run("python3", ["-c", script, folder.path("file")]).status == 0 else { return }
    do {
      let old = try OpenFile(reading: folder.path("file"))
      var file = try AtomicFile(replacing: folder.path("file"), mode: 0o600)
      #expect(try file.replaces(old))
      try file.write(Array("new".utf8).span)
      try file.keepAttributes(of: old)
      try file.commit()
    }
    let told = try run(
      "python3",
      [
        "-c",
        """
        import os, sys
        s = os.stat(sys.argv[1])
        print(oct(s.st_mode), s.st_uid, s.st_gid, os.getxattr(sys.argv[1], "user.note"), sorted(os.listxattr(sys.argv[1])))
        """, folder.path("file"),
      ]
    ).text
    let owner = isRoot ? "1234 5678" : "\(getuid()) \(getgid())"
    #expect(told.hasPrefix("0o100604 \(owner) b'a\\x00b' ['user.empty', 'user.note'"), "\(told)")
    #expect(try text("file") == "new")
  }
}
