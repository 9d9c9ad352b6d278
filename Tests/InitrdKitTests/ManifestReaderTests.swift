import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import InitrdKit

@Suite struct ManifestReaderTests {
  private func read(_ members: String, file: String = "m.json") throws(InitrdError) -> Manifest {
    try Manifest(json: Array("{\"manifestVersion\": 1, \(members)}".utf8), file: file)
  }

  // MARK: Errors

  /// The text after `{"manifestVersion": 1,` and a newline, and the error without its file name.
  private static let errors: [(String, String)] = [
    (#""nmae": "x""#, #"2:1: error: unknown key "nmae"; did you mean "name"?"#),
    (
      #""files": [{"content": "", "dest": "/a", "moed": "0644"}]"#,
      #"2:41: error: unknown key "moed"; did you mean "mode"?"#
    ),
    (
      #""output": {"file": "x"}"#,
      #"2:12: error: unknown key "file"; expected one of: align, mode, path"#
    ),
    (#""name": 12"#, #"2:9: error: expected a string, found a number"#),
    (#""name": null"#, #"2:9: error: expected a string, found null"#),
    (#""modules": []"#, #"2:12: error: expected an object, found a list"#),
    (#""files": {}"#, #"2:10: error: expected a list, found an object"#),
    (
      #""modules": {"softdeps": "yes"}"#,
      #"2:25: error: expected true or false, found a string"#
    ),
    (#""name": "a\u0000""#, #"2:9: error: a string can't contain a NUL"#),
    (
      #""name": "${relase}""#,
      #"2:9: error: unknown variable ${relase}; expected one of: ${arch}, ${release}; write $${ for a literal ${"#
    ),
    (
      #""name": "${release""#,
      #"2:9: error: unknown variable ${release; expected one of: ${arch}, ${release}; write $${ for a literal ${"#
    ),
    (
      #""symlinks": {"/${x}": "y"}"#,
      #"2:14: error: unknown variable ${x}; expected one of: ${arch}, ${release}; write $${ for a literal ${"#
    ),
    (#""arch": "x86_46""#, #"2:9: error: unknown machine "x86_46"; did you mean "x86_64"?"#),
    (
      #""arch": "\u001b[2J", "compression": "\u001b""#,
      #"""
      2:9: error: unknown machine "\x1b[2J"; expected one of: aarch64, armv7l, i686, loongarch64, \#
      ppc64le, riscv64, s390x, x86_64
      m.json:2:37: error: unknown compression "\x1b"; expected one of: auto, bzip2, gzip, lz4, lzma, lzo, none, xz, zstd
      """#
    ),
    (
      #""init": {"onFailure": "panik"}"#,
      #"2:23: error: unknown value "panik"; did you mean "panic"?"#
    ),
    (
      #""compression": "zstandard""#,
      #"2:16: error: unknown compression "zstandard"; expected one of: auto, bzip2, gzip, lz4, lzma, lzo, none, xz, zstd"#
    ),
    (
      #""compression": {"algorithm": "zstd", "level": 30}"#,
      #"2:47: error: 30 is out of range: at least 1 and at most 22"#
    ),
    (
      #""output": {"mode": 644}"#,
      #"2:20: error: a mode must be an octal string; write "0644""#
    ),
    (
      #""output": {"mode": "0o644"}"#,
      #"2:20: error: "0o644" is not an octal mode from 0 to 7777"#
    ),
    (
      #""directories": ["/a/../b"]"#,
      #"2:17: error: ".." in the image path /a/../b"#
    ),
    (
      #""nodes": [{"path": "/f", "type": "fifo", "major": 1}]"#,
      #"2:51: error: a fifo can't have "major""#
    ),
    (
      #""files": [{"dest": "/a"}]"#,
      #"2:11: error: "source" or "content" is missing"#
    ),
    (
      #""baseline": "20MB""#,
      #"2:13: error: unknown unit in "20MB"; expected one of: K, KiB, MiB, GiB; write ./20MB for an image with this name"#
    ),
    (
      #""baseline": "1000000000000GiB""#,
      #"2:13: error: 1000000000000GiB is not a possible size of an image"#
    ),
  ]

  @Test(arguments: errors)
  func errorsHaveALocation(members: String, expected: String) {
    let text = "{\"manifestVersion\": 1,\n\(members)}"
    let error = #expect(throws: InitrdError.self) {
      try Manifest(json: Array(text.utf8), file: "m.json")
    }
    #expect(error?.description == "m.json:" + expected)
  }

  /// The location is that of the key, so that an editor can jump to it.
  @Test func unknownKeyHasALocation() {
    let text = """
      {
        "manifestVersion": 1,
        "name": "container-vm",
        "modules": {
          "include": ["virtio_blk"]
        },
        "init": { "program": ["/sbin/init"] },
        "files": [
          {
            "content": "hello\\n",
            "dest": "/etc/motd",
            "moed": "0644"
          }
        ]
      }
      """
    let error = #expect(throws: InitrdError.self) {
      try Manifest(json: Array(text.utf8), file: "manifest.json")
    }
    #expect(error?.code == .manifest)
    #expect(
      error?.description
        == #"manifest.json:12:7: error: unknown key "moed"; did you mean "mode"?"#)
  }

  /// Planned features of version 1: the text after `{"manifestVersion": 1,` and a newline, the name in the
  /// error, and the column.
  private static let planned: [(members: String, what: String, column: Int)] = [
    (#""extends": []"#, #""extends""#, 1),
    (#""modules": {"weakdeps": true}"#, #""weakdeps""#, 13),
    (#""modules": {"strip": "never"}"#, #""strip""#, 13),
    (#""modules": {"index": true}"#, #""index""#, 13),
    (#""modules": {"requireSigned": false}"#, #""requireSigned""#, 13),
    (#""modules": {"load": "auto"}"#, #""auto""#, 21),
    (#""modules": {"include": ["a", "alias:pci:*"]}"#, #""alias:""#, 30),
    (#""init": {"hooks": {}}"#, #""hooks""#, 10),
    (#""init": {"root": {"device": "/dev/a", "overlay": {}}}"#, #""overlay""#, 39),
    (#""init": {"root": {"device": "/dev/a", "verity": null}}"#, #""verity""#, 39),
    (#""output": {"lock": "l"}"#, #""lock""#, 12),

  ]

  @Test(arguments: planned)
  func unsupportedFeatureIsAnError(members: String, what: String, column: Int) {
    let text = "{\"manifestVersion\": 1,\n\(members)}"
    let error = #expect(throws: InitrdError.self) {
      try Manifest(json: Array(text.utf8), file: "m.json")
    }
    #expect(error?.code == .notSupported)
    #expect(error?.others == [])
    #expect(
      error?.description == """
        m.json:2:\(column): error: \(what) is not supported yet; \
        remove it; docs/manifest.md lists what is supported
        """)
  }

  /// The page that these errors refer to names each feature.
  @Test func unsupportedFeaturesAreDocumented() throws {
    let page = try String(contentsOf: Checkout.file("docs/manifest.md"), encoding: .utf8)
    let list = try #require(page.components(separatedBy: "## Not supported yet").last)
    for (_, what, _) in Self.planned where what.hasPrefix("\"") {
      let name = what.dropFirst().dropLast()
      #expect(list.contains("`\(name)`") || list.contains("\"\(name)\"`"), "\(name)")
    }
  }

  @Test func allErrorsAreReportedAtOnce() {
    let error = #expect(throws: InitrdError.self) {
      try Manifest(json: Array(#"{"nmae": 1, "extends": [], "arch": 5}"#.utf8), file: "m.json")
    }
    #expect(
      error?.description == """
        m.json:1:2: error: unknown key "nmae"; did you mean "name"?
        m.json:1:13: error: "extends" is not supported yet; \
        remove it; docs/manifest.md lists what is supported
        m.json:1:1: error: "manifestVersion" is missing; add "manifestVersion": 1
        m.json:1:36: error: expected a string, found a number
        """)
  }

  // MARK: Values

  @Test func defaultsMatchTheTypeManifest() throws {
    #expect(try read(#""//": 1"#) == Manifest())
    let explicit = #"""
      "name": "initrd", "sysroot": "/", "modules": {"include": [], "exclude": [], "options": {},
      "blacklist": [], "softdeps": true, "storage": "decompress"}, "files": [], "directories": [],
      "symlinks": {}, "nodes": [], "init": {"template": "linuxrc", "root": null,
      "program": ["/sbin/init"], "environment": {}, "onFailure": "panic", "shell": false},
      "compression": "auto", "output": {"mode": "0600"}, "baseline": "19784K"
      """#
    var found = try read(explicit)
    found.linuxrc.programLocation = nil
    #expect(found == Manifest())
  }

  @Test func everyKeyIsRead() throws {
    let manifest = try read(
      #"""
      "name": "n", "arch": "arm64", "kernel": {"release": "6.1", "config": "c", "image": "i"},
      "modules": {"include": ["a", {"name": "b", "optional": true}], "exclude": ["c/"],
      "load": ["d"], "options": {"e": "f=1", "//": 0}, "blacklist": ["g"], "softdeps": false,
      "storage": "asis"}, "busybox": {"path": "bb", "applets": ["sh"]},
      "files": [{"source": "h", "dest": "/i", "mode": "4755", "uid": 1, "gid": 2, "optional": true},
      {"content": "j\u0000", "dest": "k"}], "directories": ["/l", {"path": "m", "mode": "1777"}],
      "symlinks": {"/o": "p"}, "nodes": [{"path": "q", "type": "block", "major": 8, "minor": 1}],
      "init": {"template": "./t", "root": {"device": "/dev/vda", "fstype": "ext4", "flags": "rw",
      "timeout": 3}, "program": ["/s", "t"], "environment": {"U": "v", "A": ""},
      "onFailure": "reboot", "shell": true}, "compression": {"algorithm": "xz", "level": 0},
      "output": {"path": "w", "mode": "0644"}, "baseline": "2MiB"
      """#)
    #expect(manifest.name == "n")
    #expect(manifest.arch == .aarch64)
    #expect(manifest.kernel?.release == "6.1")
    #expect(manifest.kernel?.config?.name == "c" && manifest.kernel?.image?.name == "i")
    #expect(manifest.modules.include.map(\.name) == ["a", "b"])
    #expect(manifest.modules.include.map(\.optional) == [false, true])
    #expect(manifest.modules.include[1].location?.line == 2)
    #expect(manifest.modules.exclude.map(\.name) == ["c/"])
    #expect(manifest.modules.load?.map(\.name) == ["d"])
    #expect(manifest.modules.options.map(\.module.name) == ["e"])
    #expect(manifest.modules.options.map(\.options) == ["f=1"])
    #expect(manifest.modules.blacklist.map(\.name) == ["g"])
    #expect(!manifest.modules.softdeps && manifest.modules.storage == .asis)
    #expect(manifest.busybox?.path.name == "bb")
    guard case .list(let applets) = manifest.busybox?.applets else { throw Missing() }
    #expect(applets.map(\.name) == ["sh"])
    #expect(manifest.files.map(\.source) == [.path("h"), .content([0x6A, 0])])
    #expect(manifest.files.map(\.dest.description) == ["/i", "/k"])
    #expect(manifest.files.map(\.ownership) == [.init(mode: 0o4755, uid: 1, gid: 2), .init()])
    #expect(manifest.files.map(\.optional) == [true, false])
    #expect(manifest.directories.map(\.path.description) == ["/l", "/m"])
    #expect(manifest.directories.map(\.ownership.mode) == [nil, 0o1777])
    #expect(manifest.symlinks.map(\.path.description) == ["/o"])
    #expect(manifest.symlinks.map(\.target) == [[0x70]])
    #expect(manifest.nodes.map(\.kind) == [.block])
    #expect(manifest.nodes.map { [$0.major, $0.minor] } == [[8, 1]])
    guard case .path(let template) = manifest.linuxrc.template else { throw Missing() }
    #expect(template.name == "./t")
    var root = Manifest.Linuxrc.Root(device: "/dev/vda")
    (root.fstype, root.flags, root.timeout) = ("ext4", "rw", 3)
    root.location = manifest.linuxrc.root?.location
    root.fstypeLocation = manifest.linuxrc.root?.fstypeLocation
    #expect(manifest.linuxrc.root == root)
    #expect(root.location?.line == 8 && root.fstypeLocation?.line == 8)
    #expect(manifest.linuxrc.programLocation?.line == 9)
    #expect(manifest.linuxrc.program == ["/s", "t"])
    #expect(manifest.linuxrc.environment.map(\.name) == ["U", "A"])
    #expect(manifest.linuxrc.onFailure == .reboot && manifest.linuxrc.shell)
    #expect(!manifest.isPartial)
    #expect(try read(#""partial": true"#).isPartial)
    #expect(manifest.compression == .named(.xz, level: 0))
    #expect(manifest.output.path == "w" && manifest.output.mode == 0o644)
    #expect(manifest.baseline == .bytes(2 << 20))
  }

  private struct Missing: Error {}

  @Test func relativePathsStartAtTheManifest() throws {
    let members = #""sysroot": "./r", "output": {"path": "o"}, "baseline": "/b""#
    let manifest = try read(members, file: "some/folder/m.json")
    #expect(manifest.folder == "some/folder")
    #expect(manifest.sysroot == "some/folder/./r")
    #expect(manifest.output.path == "some/folder/o")
    #expect(manifest.baseline == .image("/b"))
    #expect(try read(members).output.path == "o")
    #expect(try read(members, file: "/m.json").folder == "/")
  }

  /// Every manifest on the page; all values of the first one are checked.
  @Test func documentedExamplesAreRead() throws {
    let page = try String(contentsOf: Checkout.file("docs/manifest.md"), encoding: .utf8)
    let blocks = page.components(separatedBy: "```json\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
      .filter { $0.contains("\"manifestVersion\"") }
    #expect(blocks.count >= 8)
    var manifests: [Manifest] = []
    for block in blocks {
      do throws(InitrdError) {
        manifests.append(try Manifest(json: Array(block.utf8), file: "manifest.md"))
      } catch { Issue.record("\(error)\n\(block)") }
    }
    var found = try #require(manifests.first)
    // Locations are not compared.
    found.kernel?.location = nil
    found.kernel?.config?.location = nil
    found.modules.include.indices.forEach { found.modules.include[$0].location = nil }
    found.modules.exclude.indices.forEach { found.modules.exclude[$0].location = nil }
    found.modules.options.indices.forEach { found.modules.options[$0].module.location = nil }
    found.busybox?.path.location = nil
    found.files.indices.forEach { found.files[$0].location = nil }
    found.directories.indices.forEach { found.directories[$0].location = nil }
    found.symlinks.indices.forEach { found.symlinks[$0].location = nil }
    found.nodes.indices.forEach { found.nodes[$0].location = nil }
    found.linuxrc.programLocation = nil
    found.linuxrc.root?.location = nil
    found.linuxrc.root?.fstypeLocation = nil
    #expect(found == (try documented()))
  }

  private func documented() throws -> Manifest {
    var manifest = Manifest()
    manifest.name = "container-vm"
    manifest.kernel?.config = "boot/config-${release}"
    manifest.modules.include = [
      "virtio_pci", "virtio_blk", "ext4", .init("virtiofs", optional: true),
    ]
    manifest.modules.exclude = ["kernel/drivers/gpu/"]
    manifest.modules.options = [.init(module: "virtio_blk", options: "queue_depth=64")]
    manifest.files = [
      .init(
        .content(Array("Started from the initramfs.\n".utf8)), dest: try ImagePath("etc/motd"))
    ]
    manifest.files[0].fillsVariables = true
    manifest.directories = [
      .init(try ImagePath("run")), .init(try ImagePath("tmp"), ownership: .init(mode: 0o1777)),
    ]
    manifest.symlinks = [
      .init(try ImagePath("etc/mtab"), target: Array("/proc/self/mounts".utf8))
    ]
    manifest.nodes = [
      .init(
        try ImagePath("dev/ttyS0"), kind: .char, major: 4, minor: 64,
        ownership: .init(mode: 0o600))
    ]
    var root = Manifest.Linuxrc.Root(device: "/dev/vda")
    (root.fstype, root.flags, root.timeout) = ("ext4", "ro", 10)
    manifest.linuxrc.root = root
    manifest.compression = .named(.zstd, level: 19)
    manifest.output.path = "initrd.img"
    return manifest
  }

  // MARK: Files

  @Test func manifestIsReadFromAFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "a/m.json", #"{"manifestVersion": 1, "output": {"path": "x.img"}}"#)
    #expect(try Manifest(contentsOf: FilePath(path)).output.path == folder.path("a") + "/x.img")
    let missing = #expect(throws: InitrdError.self) {
      try Manifest(contentsOf: FilePath(folder.path("b.json")))
    }
    #expect(missing?.code == .system)
    let notAFile = #expect(throws: InitrdError.self) {
      try Manifest(contentsOf: FilePath(folder.path("a")))
    }
    #expect(notAFile?.code == .badInput)
  }

  @Test func busyboxIsTheDefaultWithATemplate() throws {
    #expect(try read(#""init": {"template": "none"}"#).busybox == nil)
    #expect(try read(#""init": {"template": "none"}, "busybox": {}"#).busybox == .init())
    #expect(try read(#""init": {"template": "./x"}"#).busybox == .init())
    #expect(try read(#""busybox": null"#).busybox == nil)
  }

  private static let baselines: [(String, Manifest.Baseline)] = [
    ("19784K", .original), ("1K", .kernelK(1)), ("1", .bytes(1)), ("2KiB", .bytes(2048)),
    ("1GiB", .bytes(1 << 30)), ("./20MB", .image("./20MB")), ("a", .image("a")),
    ("1.img", .image("1.img")), ("1\u{212A}", .image("1\u{212A}")), ("x/y.img", .image("x/y.img")),
    ("5", .bytes(5)), ("20MiB", .bytes(20 << 20)), ("007K", .kernelK(7)), ("0x10", .image("0x10")),
    ("-1", .image("-1")), ("1099511627775", .bytes((1 << 40) - 1)),
  ]

  @Test(arguments: baselines)
  func baselinesAreSizesOrPaths(text: String, expected: Manifest.Baseline) throws {
    #expect(try Manifest.Baseline(text) == expected)
  }

  @Test(arguments: [
    ("", "the baseline is empty"), ("0", "0 is not a possible size of an image"),
    ("0K", "0K is not a possible size of an image"),
    ("000", "000 is not a possible size of an image"),
    ("1099511627776", "1099511627776 is not a possible size of an image"),
    ("99999999999999999999K", "99999999999999999999K is not a possible size of an image"),
    ("99999999999GiB", "99999999999GiB is not a possible size of an image"),
    ("5k", "unknown unit in \"5k\""), ("5MB", "unknown unit in \"5MB\""),
    ("5kib", "unknown unit in \"5kib\""), ("5KIB", "unknown unit in \"5KIB\""),
  ])
  func invalidBaselinesAreRefused(text: String, message: String) {
    let error = #expect(throws: InitrdError.self) { try Manifest.Baseline(text) }
    #expect(error?.code == .manifest)
    #expect(error?.message == message)
  }

  // MARK: Variables

  @Test func variablesAreReplacedInEveryString() throws {
    let manifest = try read(
      #"""
      "name": "${arch}", "kernel": {"config": "c-${release}"}, "modules": {"include": ["${arch}x"]},
      "files": [{"content": "${release} ${HOME} $", "dest": "/lib/${release}${arch}"}],
      "symlinks": {"/${arch}": "${release}"}, "init": {"program": ["/${arch}"],
      "environment": {"R": "${release}"}}, "output": {"path": "${release}.img"}
      """#)
    let filled = try manifest.filled(Variables(release: "6.1", arch: "s390x"))
    #expect(filled.name == "s390x")
    #expect(filled.kernel?.config?.name == "c-6.1")
    #expect(filled.modules.include.map(\.name) == ["s390xx"])
    #expect(filled.files.map(\.source) == [.content(Array("6.1 ${HOME} $".utf8))])
    #expect(filled.files.map(\.dest.description) == ["/lib/6.1s390x"])
    #expect(filled.symlinks.map(\.path.description) == ["/s390x"])
    #expect(filled.symlinks.map(\.target) == [Array("6.1".utf8)])
    #expect(filled.linuxrc.program == ["/s390x"])
    #expect(filled.linuxrc.environment.map(\.value) == ["6.1"])
    #expect(filled.output.path == "6.1.img")
    #expect(throws: InitrdError.self) { try manifest.filled(Variables(release: nil, arch: "x")) }
    #expect(try Manifest().filled(Variables(release: nil, arch: nil)) == Manifest())
  }

  @Test(arguments: [
    ("$${release}", "${release}"), ("$${other} $$ $", "${other} $$ $"), ("$$${arch}", "$${arch}"),
    ("a$${${arch}}", "a${s390x}"), ("$${", "${"),
  ])
  func doubledDollarWritesOneBeforeABrace(text: String, filled: String) throws {
    let manifest = try read(
      """
      "name": "\(text)", "files": [{"content": "\(text)", "dest": "/\(text)"}],
      "init": {"program": ["/\(text)"]}
      """)
    let result = try manifest.filled(Variables(release: "6.1", arch: "s390x"))
    #expect(result.name == filled)
    #expect(result.files.map(\.source) == [.content(Array(filled.utf8))])
    #expect(result.files.map(\.dest.bytes) == [Array(filled.utf8)])
    #expect(result.linuxrc.program == ["/" + filled])
  }
}
