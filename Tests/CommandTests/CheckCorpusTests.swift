import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// Compares `check` with user-mode-linux 6.1 and with Debian's newest kernel, for every image of the corpus.
@Suite struct CheckCorpusTests {
  /// Images for which check cannot agree with any kernel, with the reason.
  private static let disagreements: [String: String] = [
    "bzip2-crc": "the kernel writes in pieces of 4,096 bytes, and none before the sum is compared",
    "xz-dictionary-512m-256m": "a guest's memory is not known: decoder-memory warns",
  ]

  /// A kernel of the fixture, and the images for which check cannot agree with only this kernel.
  struct Kernel: Sendable, CustomTestStringConvertible {
    var version: String
    var outcome: @Sendable (Corpus.Case) -> Corpus.Outcome
    var disagreements: [String: String] = [:]

    var testDescription: String { version }
  }

  private static let kernels = [
    Kernel(version: "6.1") { $0.outcome },
    Kernel(
      version: "7.2", outcome: { $0.newer },
      disagreements: [
        "xz-arm64": "CONFIG_XZ_DEC_ARM64 is set, which not every newer kernel has",
        "xz-powerpc": "CONFIG_XZ_DEC_POWERPC is not set, and older kernels of Debian have it",
      ]),
  ]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func newerKernelHasTheVersionOfTheRules() throws {
    #expect(try Corpus.fixture().newerKernel.hasPrefix("Linux 7.2"))
  }

  @Test(arguments: kernels)
  func checkAgreesWithKernel(_ kernel: Kernel) throws {
    _ = try Corpus.make(in: folder)
    let cases = try Corpus.fixture().cases
    let disagreements = Self.disagreements.merging(kernel.disagreements) { $1 }
    var different: [String: [String]] = [:]
    for item in cases {
      let differences = try differences(
        item, kernel.outcome(item), kernel.version, folder.path("\(item.name).img"))
      if !differences.isEmpty { different[item.name] = differences }
    }
    #expect(cases.count > 400)
    for (name, lines) in different.sorted(by: { $0.key < $1.key })
    where disagreements[name] == nil {
      Issue.record("\(name): \(lines.joined(separator: "\n  "))")
    }
    let named = Set(disagreements.keys)
    #expect(named.subtracting(different.keys) == [], "these agree by now")
  }

  private func differences(
    _ item: Corpus.Case, _ outcome: Corpus.Outcome, _ version: String, _ image: String
  ) throws -> [String] {
    let (report, tree) = try examine(image, version)
    var lines: [String] = []
    let isRefused = report.findings.contains { $0.effect == .refused }
    let said = report.findings.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; ")
    // A kernel that crashes does not tell whether it accepts the image.
    let crashed = ["Segfault with no mm", "Fatal exception"].contains(outcome.panic)
    if isRefused != (outcome.message != nil || crashed) {
      lines.append("kernel: \(outcome.message ?? "takes it"); check: \(said)")
    }
    let fatal: Set<FindingCode> = [.noImage, .initMissing, .initNotRunnable]
    let finds = !report.findings.contains { fatal.contains($0.code) && $0.severity == .error }
    if finds != outcome.boots, !crashed { lines.append("boots: \(outcome.boots); check: \(said)") }
    // The decoder's buffers decide how much of a truncated member is unpacked.
    let isCutMember = item.name.hasPrefix("cut-") && outcome.message != nil
    if !outcome.boots || isCutMember { return lines }
    let prefix = folder.path("end-nothing.img")
    let usual = Set(
      try
        (item.whole
        ? entries(of: Self.usual, nil) : entries(of: examine(prefix, version).tree, prefix))
        .map(\.text))
    let expected = Dictionary(uniqueKeysWithValues: outcome.entries.map { ($0.path, $0) })
    var predicted: Set<String> = []
    for var line in try entries(of: tree, image) where !usual.contains(line.text) {
      // The kernel ran another /init than the one in these images.
      if let entry = expected[line.path], entry.type == "f", entry.size == nil {
        (line.size, line.hash) = (nil, nil)
      }
      // A file gets its time only when all of its data is unpacked.
      if let entry = expected[line.path], entry.mtime == nil { line.time = nil }
      predicted.insert(line.text)
    }
    let actual = Set(outcome.entries.map { Line($0).text })
    lines += actual.subtracting(predicted).sorted().prefix(4).map { "only in the kernel: \($0)" }
    lines += predicted.subtracting(actual).sorted().prefix(4).map { "only in check: \($0)" }
    return lines
  }

  /// The tree that the kernel has without any image.
  private static let usual: UnpackedTree = {
    var tree = UnpackedTree()
    var console = UnpackedTree.Node(type: .characterDevice, mode: 0o600)
    (console.major, console.minor) = (5, 1)
    if let folder = tree.found(Array("dev".utf8)) {
      tree.add(console, Array("console".utf8), in: folder)
    }
    return tree
  }()

  private func examine(
    _ image: String, _ version: String
  ) throws -> (report: CheckReport, tree: UnpackedTree) {
    var check = ImageCheck(image)
    check.version = KernelVersion(version)
    // An unused window or dictionary needs address space only, and the memory of guests differs.
    check.limits.memory = 1 << 30
    return try check.examine()
  }

  /// The tree's entries. With an image, they include the checksums of the contents.
  private func entries(of tree: UnpackedTree, _ image: String?) throws -> [Line] {
    var contents: [Int: [UInt8]] = [:]
    if let image {
      let wanted = Set(tree.nodes.compactMap(\.content))
      var reader = try ImageReader(image, .init(memory: 1 << 30))
      var number = -1
      try? reader.read(
        selecting: { (_: NewcReader.Entry, _: Int) throws(InitrdError) in
          number += 1
          return wanted.contains(number) ? .readData : .skipData
        },
        data: { (piece: Span<UInt8>) throws(InitrdError) in
          piece.withUnsafeBufferPointer { contents[number, default: []].append(contentsOf: $0) }
        })
    }
    var lines = [Line(".", tree.nodes[0], nil)]
    var folders: [(Int, String)] = [(0, "")]
    while let (folder, path) = folders.popLast() {
      for (name, child) in tree.nodes[folder].children {
        let node = tree.nodes[child]
        let path = (path.isEmpty ? "" : path + "/") + escaped(name)
        if node.type == .directory { folders.append((child, path)) }
        // Bytes beyond the end of the image read as NULs.
        var content = node.content.map { contents[$0] ?? [] } ?? []
        content += [UInt8](
          repeating: 0, count: max(0, min(Int(node.size), 1 << 21) - content.count))
        lines.append(Line(path, node, fnv(content)))
      }
    }
    return lines
  }
}

/// The compared properties of an entry of either tree.
private struct Line {
  var path: String
  var type: String
  var rest: String
  var time: String?
  var size: Int?
  var hash: String?

  var text: String {
    "\(path) \(type) \(rest) \(time ?? "-") \(size.map(String.init) ?? "-") \(hash ?? "-")"
  }

  init(_ entry: Corpus.Entry) {
    (path, type, size, hash) = (entry.path, entry.type, entry.size, entry.hash)
    rest = [
      entry.mode, "\(entry.uid):\(entry.gid)", entry.nlink.map { "n\($0)" }, entry.rdev,
      entry.target.map { "-> \($0)" },
    ].compactMap(\.self).joined(separator: " ")
    time = entry.mtime.map { "t\($0)" }
  }

  init(_ path: String, _ node: UnpackedTree.Node, _ sum: String?) {
    self.path = path
    let letters: [FileType: String] = [
      .regular: "f", .directory: "d", .symlink: "l", .characterDevice: "c", .blockDevice: "b",
      .fifo: "p", .socket: "s",
    ]
    type = letters[node.type] ?? "?"
    let isDevice = node.type == .characterDevice || node.type == .blockDevice
    let octal = String(node.type == .symlink ? 0o777 : node.mode, radix: 8)
    rest = [
      String(repeating: "0", count: 4 - octal.count) + octal, "\(node.user):\(node.group)",
      node.type == .directory ? nil : "n\(node.names)",
      isDevice ? "\(node.major):\(node.minor)" : nil,
      node.type == .symlink ? "-> \(escaped(node.target))" : nil,
    ].compactMap(\.self).joined(separator: " ")
    time = node.modified.map { "t\($0)" }
    size = node.type == .regular ? Int(node.size) : nil
    hash = node.type == .regular ? sum : nil
  }
}

/// Escapes a name as Scripts/tree-init.c does.
private func escaped(_ bytes: [UInt8]) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16)
    return 0x21...0x7E ~= byte && byte != UInt8(ascii: "\\")
      ? String(UnicodeScalar(byte)) : "\\x" + (digits.count < 2 ? "0" : "") + digits
  }.joined()
}

private func fnv(_ bytes: [UInt8]) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
