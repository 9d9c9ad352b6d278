import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// Module trees without the lists of depmod, as packages have them.
@Suite struct ScannedModulesTests {
  /// Plain modules, and modules in .ko.xz.
  @Test(.enabled(if: Checkout.isPrepared), arguments: ["cloud", "cloud-next"])
  func modulesGiveTheListsOfDepmod(flavour: String) throws {
    let root = Checkout.kernels.appendingPathComponent(flavour)
    let release = try #require(
      try FileManager.default.contentsOfDirectory(
        atPath: root.appendingPathComponent("lib/modules").path
      ).first)
    let tree = "lib/modules/\(release)"
    let written = try ModuleIndex(tree: tree, in: try Sysroot(root.path))
    let folder = try TemporaryFolder()
    let copied = try run(
      "bash",
      [
        "-ec",
        "mkdir -p lib/modules; cp -a '\(root.path)/\(tree)' lib/modules/; cd lib/modules/*; "
          + "rm -f modules.{dep,dep.bin,alias,alias.bin,softdep,symbols,symbols.bin,devname}",
      ], in: folder.url)
    #expect(copied.status == 0, "\(copied.errors)")
    let scanned = try ModuleIndex(tree: tree, in: try Sysroot(folder.url.path))
    #expect(written.modules.count > 400)
    #expect(Set(scanned.modules.keys) == Set(written.modules.keys))
    for (name, module) in written.modules {
      let other = try #require(scanned.modules[name])
      #expect(other.path == module.path)
      #expect(Set(other.needs) == Set(module.needs), "\(name)")
      // Each can be loaded when those before it are.
      var loaded: Set<String> = []
      for need in other.needs {
        #expect(loaded.isSuperset(of: written.modules[need]?.needs ?? []), "\(name): \(need)")
        loaded.insert(need)
      }
    }
    #expect(Set(scanned.fileSystems) == Set(written.fileSystems))
    #expect(scanned.softDependencies == written.softDependencies)
    let names = Set(written.modules.keys)
    func lines(_ index: ModuleIndex) -> Set<[UInt8]> {
      Set(index.aliasLines(of: names).split(separator: 10).map { Array($0) })
    }
    #expect(lines(scanned).symmetricDifference(lines(written)).count == 0)
  }
}
