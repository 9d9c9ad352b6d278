import Foundation
import InitrdKit
import TestSupport
import Testing

/// Paths of a sysroot, followed as the kernel would follow them if it were `/`.
@Suite struct SysrootPlaceTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    let script = """
      mkdir -p root/usr/lib root/usr/bin root/etc root/opt
      echo a >root/usr/lib/a; ln -s usr/lib root/lib; ln -s /usr/lib/a root/etc/absolute
      ln -s ../../../usr/lib/../lib/a root/etc/above; ln -s loop root/loop; ln -s nothing root/dangling
      ln -s absolute root/etc/chain; echo tool >root/usr/bin/tool
      """
    let result = try run("sh", ["-ec", script], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    path = folder.path("root")
  }

  @Test(arguments: [
    ("/etc/absolute", "usr/lib/a", ["etc/absolute"]), ("etc/above", "usr/lib/a", ["etc/above"]),
    ("lib/a", "usr/lib/a", ["lib"]), ("/etc/chain", "usr/lib/a", ["etc/chain", "etc/absolute"]),
    ("/../../lib/./a", "usr/lib/a", ["lib"]), ("/", "", []), ("/bin/tool", "usr/bin/tool", []),
  ])
  func linksAreFollowedInsideTheSysroot(
    path: String, expected: String, links: [String]
  ) throws {
    let place = try #require(try Sysroot(self.path).place(of: path.utf8))
    #expect(String(decoding: place.path, as: UTF8.self) == expected)
    #expect(place.links.map { String(decoding: $0.path, as: UTF8.self) } == links)
  }

  @Test func missingPathsAreNilAndLoopsAreErrors() throws {
    let sysroot = try Sysroot(path)
    for path in ["/dangling", "/none/a", "/usr/lib/a/b"] {
      #expect(try sysroot.place(of: path.utf8) == nil, "\(path)")
    }
    #expect(try sysroot.place(of: "/dangling".utf8, followingLast: false)?.type == .symlink)
    #expect(throws: InitrdError.self) { try Sysroot(path).place(of: "/loop".utf8) }
  }
}
