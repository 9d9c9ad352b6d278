import Foundation
import TestSupport
import Testing

@testable import InitrdKit

@Suite struct ELFTests {
  private func links(_ bytes: [UInt8]) throws -> ELFLinks {
    try ELFLinks(try #require(try ELF(bytes)), bytes)
  }

  @Test func interpreterLibrariesAndPathsAreRead() throws {
    let found = try links(
      SampleProgram.elf(
        .arm, interpreter: "/lib/ld.so", libraries: ["libc.so.6", "libm.so.6"],
        rpath: ["/old"], runpath: ["/first", "$ORIGIN/a:/b"]))
    #expect(found.architecture == .aarch64)
    #expect(found.interpreter == Array("/lib/ld.so".utf8))
    #expect(found.libraries == ["libc.so.6", "libm.so.6"].map { Array($0.utf8) })
    // The last DT_RUNPATH is used, and it hides DT_RPATH.
    #expect(found.runpath == ["$ORIGIN/a", "/b"].map { Array($0.utf8) })
    #expect(found.rpath == [])
    #expect(!found.isDamaged)
    let old = try links(SampleProgram.elf(rpath: ["/old"]))
    #expect(old.rpath == [Array("/old".utf8)])
    #expect(old.runpath == nil)
  }

  /// The memory for the names is limited, even if a program repeats them many times.
  @Test(arguments: [1, 15, 29])
  func memoryForNamesIsLimited(tag: Int) throws {
    let bytes = SampleProgram.withManyPaths(length: 4000, tag: tag)
    let found = try links(bytes)
    let paths = found.rpath + (found.runpath ?? [])
    let held = (found.libraries + paths).reduce(0) { $0 + $1.count }
    #expect(held > 0 && held <= 64 << 10)
    #expect(found.libraries.count + paths.count <= 256 + 64)
    let summary = try #require(
      FileSummary(Array("a".utf8), bytes, isLinked: false, unpackingWithin: nil))
    #expect(summary.held < 256 << 10)
  }

  @Test func librariesMatchReadelf() throws {
    let path = "/bin/ls"
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let shown = try run("readelf", ["-d", path]).text
    let theirs = shown.matches(of: #/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/#).map {
      String($0.output.1)
    }
    #expect(!theirs.isEmpty)
    #expect(try links(bytes).libraries.map { String(decoding: $0, as: UTF8.self) } == theirs)
  }

  @Test(arguments: [true, false])
  func moduleReleaseIsRead(hasSections: Bool) throws {
    let module = SampleSysroot.module(release: "6.9-x", hasSections: hasSections)
    #expect(try ELF(module)?.moduleRelease(module) == "6.9-x")
    // The same text outside of .modinfo is ignored.
    let other = SampleSysroot.elf() + Array("\0vermagic=1\0".utf8)
    #expect(try ELF(other)?.moduleRelease(other) == "1", "a file without sections is searched")
    let more = SampleSysroot.module(release: "6.9-x") + Array("\0vermagic=1\0".utf8)
    #expect(try ELF(more)?.moduleRelease(more) == "6.9-x")
  }

  @Test func truncatedAndChangedFilesDoNotTrap() {
    for good in [
      SampleSysroot.module(),
      SampleProgram.elf(interpreter: "/l", libraries: ["a", "b"], rpath: ["/c"]),
    ] {
      func read(_ bytes: [UInt8]) {
        guard let elf = try? ELF(bytes) else { return }
        _ = try? ELFLinks(elf, bytes)
        _ = try? elf.moduleRelease(bytes)
      }
      for length in 0..<good.count { read(Array(good.prefix(length))) }
      for index in good.indices {
        for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
          var bytes = good
          bytes[index] = value
          read(bytes)
        }
      }
    }
  }

  @Test(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
  func releaseOfDebianModulesIsRead() throws {
    for flavour in ["cloud", "generic"] {
      let release = try Checkout.release(of: flavour)
      let sysroot = try Sysroot(Checkout.kernels.appendingPathComponent(flavour).path)
      let tree = "lib/modules/\(release)"
      let index = try ModuleIndex(tree: tree, in: sysroot)
      var count = 0
      for module in index.modules.values.sorted(by: { $0.path < $1.path }).prefix(300) {
        guard let file = try sysroot.openFile("\(tree)/\(module.path)") else { continue }
        let size = try file.status().size
        let bytes = FileBytes(file, size: size)
        let elf = try #require(try ELF(bytes))
        #expect(elf.kind == .relocatable)
        #expect(try elf.moduleRelease(bytes) == release, "\(module.path)")
        count += 1
      }
      #expect(count > 100)
    }
  }
}
