import TestSupport
import Testing

@testable import InitrdKit

/// What becomes of the entries of a tree, from any source.
@Suite struct TreeEntriesTests {
  /// A tree in memory.
  private struct MemoryTree: TreeSource {
    let name = "tree.tar"
    var entries: [TreeEntry] = []
    /// The number of empty files after the entries.
    var files = 0

    func read(
      _ filter: inout TreeFilter, to visit: (TreeEntry) throws(InitrdError) -> Void
    ) throws(InitrdError) {
      for entry in entries where filter.includes(entry.path) { try visit(entry) }
      for number in 0..<files { try visit(Self.entry("file\(number)", .regular)) }
    }

    static func entry(_ path: String, _ type: FileType, mode: UInt16 = 0o644) -> TreeEntry {
      TreeEntry(path: Array(path.utf8), type: type, mode: mode, uid: 1, gid: 2)
    }
  }

  private func placement(dest: String = "/") throws -> TreeEntries.Destination {
    TreeEntries.Destination(key: "trees", rank: .tree, dest: try ImagePath(dest))
  }

  private func error(of tree: MemoryTree, dest: String = "/", limit: Int = 10) throws
    -> InitrdError?
  {
    var entries = TreeEntries(output: nil, limit: limit)
    var filter = TreeFilter()
    let placement = try placement(dest: dest)
    return #expect(throws: InitrdError.self) {
      try entries.add(tree, &filter, as: placement)
    }
  }

  @Test func tooManyEntriesAreAnError() throws {
    let found = try error(of: MemoryTree(files: 2_000_001), limit: 2_000_000)
    #expect(found?.code == .limit)
    #expect(found?.message == "over 2000000 entries in trees")
    var entries = TreeEntries(output: nil, limit: 5)
    var filter = TreeFilter()
    #expect(try entries.add(MemoryTree(files: 3), &filter, as: try placement()) == 3)
    #expect(throws: InitrdError.self) {
      try entries.add(MemoryTree(files: 3), &filter, as: try placement())
    }
  }

  @Test(arguments: [
    ("TRAILER!!!", "/", "tree.tar/TRAILER!!!"), ("a/../b", "/", "tree.tar/a/../b"),
    (String(repeating: "x", count: 256), "/", "tree.tar/x"),
    (
      String(repeating: "y/", count: 2000) + "z", "/\(String(repeating: "d", count: 200))",
      "tree.tar/y"
    ),
  ])
  func pathsThatNoImageCanHaveAreErrors(path: String, dest: String, place: String) throws {
    let found = try error(of: MemoryTree(entries: [MemoryTree.entry(path, .regular)]), dest: dest)
    #expect(found?.code == .limit)
    #expect(found?.location?.file?.hasPrefix(place) == true)
  }

  @Test func longLinksAreErrors() throws {
    for target in [[], [UInt8](repeating: 0x61, count: 4096), [0x61, 0]] {
      var link = MemoryTree.entry("link", .symlink)
      link.target = target
      #expect(try error(of: MemoryTree(entries: [link]))?.location?.file == "tree.tar/link")
    }
  }

  @Test func theRootOfATreeIsThatOfTheImageOrADirectory() throws {
    let tree = MemoryTree(entries: [
      MemoryTree.entry("", .directory, mode: 0o700), MemoryTree.entry("x", .regular),
    ])
    var entries = TreeEntries(output: nil)
    var filter = TreeFilter()
    _ = try entries.add(tree, &filter, as: try placement())
    _ = try entries.add(tree, &filter, as: try placement(dest: "/a/b"))
    let found = entries.contribution.requests.map { "\($0.entry.path) \($0.entry.mode)" }
    #expect(found == ["/x 420", "/a/b 448", "/a/b/x 420"])
  }

  // MARK: Who wins

  private func contribution(
    _ rows: [(String, PlannedEntry.Content)], _ rank: EntryTable.Rank, uid: UInt32 = 0
  ) throws -> Contribution {
    var contribution = Contribution()
    for (path, content) in rows {
      let entry = PlannedEntry(
        path: try ImagePath(path), content: content, mode: 0o755, uid: uid, gid: 0,
        reasons: [.requested(key: "\(rank)", name: nil, location: nil)])
      contribution.requests.append(.init(entry: entry, rank: rank))
    }
    return contribution
  }

  private func link(_ target: String) -> PlannedEntry.Content { .symlink(Array(target.utf8)) }

  @Test func manifestWinsOverTreesAndTreesOverTheBuild() throws {
    var table = EntryTable()
    table.add(
      try contribution([("a", .bytes([])), ("b", .bytes([])), ("d", .directory)], .tree, uid: 1))
    table.add(try contribution([("b", .bytes([])), ("c", .bytes([]))], .tree, uid: 2))
    table.add(
      try contribution([("a", .bytes([])), ("c", .bytes([])), ("d", .directory)], .generated))
    table.add(try contribution([("c", .bytes([]))], .manifest, uid: 3))
    #expect(!table.diagnostics.hasErrors)
    #expect(try table.entries().map { "\($0.path) \($0.uid)" } == ["/a 1", "/b 2", "/c 3", "/d 1"])
    #expect(table.notes().all.map(\.message).first?.contains("/a, /c of a tree replace") == true)
  }

  @Test func aFileAgainstADirectoryNamesBoth() throws {
    var table = EntryTable()
    table.add(try contribution([("a", .bytes([]))], .tree))
    table.add(try contribution([("a", .directory), ("b/c", .bytes([]))], .tree))
    table.add(try contribution([("b", .bytes([]))], .manifest))
    #expect(
      table.diagnostics.all.map(\.message) == [
        "/a is requested both as a directory and as something else (requested by tree)",
        "/b is requested both as a directory and as something else (contains /b/c)",
      ])
  }

  @Test func entriesBelowLinksOfTreesAreWhereTheseLead() throws {
    var table = EntryTable()
    table.add(
      try contribution(
        [
          ("bin", link("usr/bin")), ("lib", link("/usr/lib")), ("usr", .directory),
          ("usr/bin", .directory), ("usr/lib", .directory), ("usr/lib/up", link("../../x/./y")),
          ("loop", link("loop")), ("file", .bytes([])),
        ], .tree))
    table.add(
      try contribution([("lib/modules/m.ko", .bytes([])), ("bin", .directory)], .generated))
    table.add(
      try contribution(
        [("bin/tool", .bytes([])), ("lib/up/new", .bytes([])), ("lib/up", .directory)], .manifest))
    #expect(!table.diagnostics.hasErrors, "\(table.diagnostics.all)")
    let paths = try table.entries().map(\.path.description)
    #expect(
      paths.filter { $0.hasPrefix("/usr/") || $0.hasPrefix("/x") } == [
        "/usr/bin", "/usr/bin/tool", "/usr/lib", "/usr/lib/modules", "/usr/lib/modules/m.ko",
        "/usr/lib/up", "/x", "/x/y", "/x/y/new",
      ])
    #expect(
      table.place(of: try ImagePath("lib/modules/m.ko")).description == "/usr/lib/modules/m.ko")
    // What leads nowhere is a conflict.
    table.add(try contribution([("loop/x", .bytes([]))], .manifest))
    #expect(table.diagnostics.hasErrors)
  }

  @Test func linksOfTheManifestAreNotFollowed() throws {
    var table = EntryTable()
    table.add(try contribution([("bin", link("usr/bin")), ("bin/x", .bytes([]))], .manifest))
    #expect(table.diagnostics.hasErrors)
  }
}
