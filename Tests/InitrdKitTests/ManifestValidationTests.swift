import BaseKit
import InitrdKit
import Testing

/// A manifest made in code must follow the rules of the JSON reader.
@Suite struct ManifestValidationTests {
  /// An invalid change, and its error.
  struct Case: Sendable, CustomTestStringConvertible {
    let message: String
    let change: @Sendable (inout Manifest) throws -> Void

    init(_ message: String, _ change: @escaping @Sendable (inout Manifest) throws -> Void) {
      (self.message, self.change) = (message, change)
    }

    var testDescription: String { message }
  }

  static let cases: [Case] = [
    Case("name: a string can't contain a NUL") { $0.name = "a\0b" },
    Case("name: unknown variable ${x}") { $0.name = "${x}" },
    Case("sysroot: the path is empty") { $0.sysroot = "" },
    Case("modules.include: the name is empty") { $0.modules.include = [""] },
    Case("modules.load: this string can't contain a line end") {
      $0.modules.load = ["a\nb"]
    },
    Case("modules.options: \"a b\" is not a name of a module") {
      $0.modules.options = [.init(module: "a b", options: "")]
    },
    Case("modules.options: options can't end with a backslash") {
      $0.modules.options = [.init(module: "a", options: "x=1\\")]
    },
    Case("firmware.include: \"../../etc/passwd\" is not a path below lib/firmware") {
      $0.firmware.include = ["../../etc/passwd"]
    },
    Case("firmware.exclude: a string can't contain a NUL") { $0.firmware.exclude = ["a\0"] },
    Case("firmware.include: the name is empty") { $0.firmware.include = [""] },
    Case("files.mode: \"140644\" is not an octal mode from 0 to 7777") {
      $0.files = [
        .init(.content([]), dest: try ImagePath("/a"), ownership: .init(mode: 0o140644))
      ]
    },
    Case("directories.uid: 4294967295 is out of range: at least 0 and at most 4294967294") {
      $0.directories = [.init(try ImagePath("/a"), ownership: .init(uid: .max))]
    },
    Case("symlinks: the target has 0 bytes; it must have 1 to 4095") {
      $0.symlinks = [.init(try ImagePath("/a"), target: [])]
    },
    Case("symlinks: a string can't contain a NUL") {
      $0.symlinks = [.init(try ImagePath("/a"), target: [0x61, 0])]
    },
    Case("nodes.major: 4096 is out of range: at least 0 and at most 4095") {
      $0.nodes = [.init(try ImagePath("/a"), kind: .char, major: 4096)]
    },
    Case("nodes.minor: a fifo can't have a device number") {
      $0.nodes = [.init(try ImagePath("/a"), kind: .fifo, minor: 1)]
    },
    Case("init.root.device: \"vda\" is not a device") { $0.linuxrc.root = .init(device: "vda") },
    Case("init.root.flags: mount options can't contain blanks") {
      $0.linuxrc.root = .init(device: "/dev/vda")
      $0.linuxrc.root?.flags = "ro, noatime"
    },
    Case("init.root.timeout: -1 is out of range: at least 0 and at most 86400") {
      $0.linuxrc.root = .init(device: "/dev/vda")
      $0.linuxrc.root?.timeout = -1
    },
    Case("init.program: a program must be a list that starts with an absolute path") {
      $0.linuxrc.program = []
    },
    Case("init.environment: \"A;reboot\" is not a valid name of a variable") {
      $0.linuxrc.environment = [.init(name: "A;reboot", value: "")]
    },
    Case("init.environment: this string can't contain a line end") {
      $0.linuxrc.environment = [.init(name: "A", value: "a\nb")]
    },
    Case("compression: 23 is out of range: at least 1 and at most 22") {
      $0.compression = .named(.zstd, level: 23)
    },
    Case("output.align: 3 is out of range: at least 4 and at most 4096") {
      $0.output.alignment = 3
    },
    Case("output.align: 6 is not a multiple of 4") { $0.output.alignment = 6 },
    Case("output.mode: \"10000\" is not an octal mode from 0 to 7777") { $0.output.mode = 0o10000 },
    Case("budget.image: 0 is out of range: at least 1") { $0.budget.image = 0 },
    Case("baseline: 0 is out of range: at least 1") { $0.baseline = .bytes(0) },
  ]

  @Test(arguments: cases)
  func invalidValueIsRefused(item: Case) throws {
    var manifest = Manifest()
    try item.change(&manifest)
    let validated = #expect(throws: InitrdError.self) { try manifest.validate() }
    #expect(validated?.message == item.message && validated?.code == .manifest)
    // Planning throws the same error and does not trap.
    let planned = #expect(throws: InitrdError.self) { try manifest.plan() }
    #expect(planned == validated)
  }

  @Test func allInvalidValuesAreReportedAtOnce() {
    var manifest = Manifest()
    manifest.output.alignment = 3
    manifest.linuxrc.program = ["init"]
    let error = #expect(throws: InitrdError.self) { try manifest.validate() }
    #expect(error?.diagnostics.count == 2)
  }

  @Test func defaultsAreValid() throws { try Manifest().validate() }
}
