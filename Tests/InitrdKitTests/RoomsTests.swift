import Foundation
import TestSupport
import Testing

/// Checks the table of rooms in docs/design.md. Directories of one module cannot restrict each other, so this
/// test finds the types that each directory declares, and who uses them.
@Suite struct RoomsTests {
  /// The rooms that each room may use, for each target. A room may always use itself and the files outside of
  /// rooms.
  private static let allowed: [String: [String: Set<String>]] = [
    "BaseKit": [
      "": ["Text"],
      "System": [],
      "JSON": ["Text"],
      "Text": [],
    ],
    "InitrdKit": [
      "": [],
      "CPIO": [],
      "Compression": [],
      "Manifest": ["Compression"],
      "Sysroot": ["Compression"],
      "Tree": ["CPIO"],
      "Reader": ["CPIO", "Compression", "Sysroot"],
      "Layers": ["CPIO", "Compression", "Sysroot", "Tree", "Reader"],
      "Programs": ["Sysroot", "Layers"],
      "Kernel": ["Compression", "Manifest", "Sysroot", "Layers", "Programs"],
      "Machine": ["Compression", "Manifest", "Sysroot", "Layers", "Programs", "Kernel", "Start"],
      "Start": ["CPIO", "Compression", "Sysroot", "Tree", "Layers", "Programs", "Kernel"],
      "Plan": [
        "CPIO", "Compression", "Manifest", "Sysroot", "Tree", "Layers", "Programs", "Kernel",
        "Start",
      ],
      "Image": [
        "CPIO", "Compression", "Manifest", "Sysroot", "Tree", "Reader", "Layers", "Kernel", "Plan",
      ],
      "Extract": ["CPIO", "Tree", "Reader", "Start"],
      "Inspect": ["CPIO", "Compression", "Sysroot", "Tree", "Reader", "Extract", "Start"],
      "Check": [
        "CPIO", "Compression", "Sysroot", "Tree", "Reader", "Kernel", "Extract", "Start",
      ],
      "Library": [
        "CPIO", "Compression", "Manifest", "Tree", "Reader", "Layers", "Kernel", "Start", "Plan",
        "Image", "Extract", "Inspect", "Check",
      ],
    ],
  ]

  private struct Source {
    let file: String
    let room: String
    let words: Set<String>
    let types: Set<String>
  }

  private func sources(of target: String) throws -> [Source] {
    let root = Checkout.file("Sources/\(target)")
    let files =
      FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return try files.filter { $0.hasSuffix(".swift") }.map { file in
      let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
      let code = text.split(separator: "\n").map { line in
        // Comments and strings may contain any name.
        line.replacing(#/"[^"]*"/#, with: "").split(
          separator: "//", omittingEmptySubsequences: false)[0]
      }
      let room = file.contains("/") ? String(file.prefix { $0 != "/" }) : ""
      let words = Set(
        code.flatMap { $0.matches(of: #/[A-Za-z_][A-Za-z0-9_]*/#).map { String($0.output) } })
      let declarations = code.filter { !$0.hasPrefix(" ") }.compactMap {
        $0.firstMatch(
          of: #/\b(?:struct|enum|class|protocol|actor|typealias)\s+([A-Z][A-Za-z0-9]*)/#)
      }
      return Source(
        file: file, room: room, words: words, types: Set(declarations.map { String($0.output.1) }))
    }
  }

  @Test(arguments: ["BaseKit", "InitrdKit"])
  func roomsUseOnlyTheRoomsOfTheTable(target: String) throws {
    let sources = try sources(of: target)
    let allowed = try #require(Self.allowed[target])
    #expect(Set(sources.map(\.room)) == Set(allowed.keys), "a room that the table does not have")
    var home: [String: String] = [:]
    for source in sources { for type in source.types { home[type] = source.room } }
    // Without this check, the test would pass if it found no types.
    let known = ["BaseKit": ["OpenFile": "System"], "InitrdKit": ["Planner": "Plan"]][target]
    for (type, room) in try #require(known) { #expect(home[type] == room) }
    for source in sources {
      let mayUse = try #require(allowed[source.room]).union([source.room, ""])
      for word in source.words {
        if let room = home[word], !mayUse.contains(room) {
          Issue.record("\(source.file) uses \(word), and \(source.room) may not use \(room)")
        }
      }
    }
  }

  @Test(arguments: allowed.keys) func librariesDoNotImportFoundation(target: String) throws {
    for source in try sources(of: target) where source.words.contains("Foundation") {
      Issue.record("\(source.file) imports Foundation, which costs 10 ms at every start")
    }
  }

  @Test(arguments: allowed.keys) func systemCallsAreInOneRoom(target: String) throws {
    for source in try sources(of: target)
    where source.words.contains("Glibc") || source.words.contains("CSyscalls") {
      #expect(target == "BaseKit" && source.room == "System", "\(source.file)")
    }
  }
}
