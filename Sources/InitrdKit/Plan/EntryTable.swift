/// Collects the entries of a plan: decides which entry wins at a path, adds missing parent directories, and finds
/// conflicts.
struct EntryTable {
  /// The origin of an entry. The higher rank wins at a path.
  enum Rank: Int, Comparable {
    /// A directory that is the parent of another entry.
    case parent
    /// An entry that was not requested by name.
    case generated
    /// An entry of a tree.
    case tree
    /// An entry of `binaries`: a program, or a file that it needs.
    case binary
    /// An entry that the manifest names.
    case manifest

    static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
  }

  typealias Row = Contribution.Request

  private var rows: [ImagePath: Row] = [:]
  /// The conflicts so far.
  private(set) var diagnostics = Diagnostics()
  /// The generated entries that files of trees replace.
  private var replaced: [ImagePath] = []

  /// Adds all entries of a step; trees come first.
  mutating func add(_ contribution: Contribution) {
    for request in contribution.requests { add(request) }
  }

  /// The paths of everything but directories, with leading slashes.
  var filePaths: Set<[UInt8]> {
    Set(
      rows.values.compactMap { row in
        if case .directory = row.entry.content {
          nil
        } else {
          [UInt8(ascii: "/")] + row.entry.path.bytes
        }
      })
  }

  /// The content at `path`; `nil` if there is none so far.
  func content(at path: ImagePath) -> PlannedEntry.Content? { rows[path]?.entry.content }

  /// Adds reasons to the entry at `path` of a file that `binaries` needs; `false` if there is none.
  mutating func appendReasons(_ reasons: [Reason], at path: ImagePath) -> Bool {
    guard let row = rows[path], row.rank == .binary else { return false }
    let known = Set(row.entry.reasons)
    rows[path]?.entry.reasons += reasons.filter { !known.contains($0) }
    return true
  }

  /// Reports an entry that can't be added.
  mutating func addConflict(
    at path: ImagePath, _ message: String, _ location: InitrdError.Location?
  ) {
    diagnostics.error(.conflict, "\(path): \(message)", at: location ?? rows[path]?.location)
  }

  /// Whether there is a directory at `path`.
  func isDirectory(_ path: ImagePath) -> Bool {
    if case .directory = rows[path]?.entry.content { true } else { false }
  }

  /// The target of the symbolic link that a tree has at `path`; `nil` for everything else.
  func treeLink(_ path: ImagePath) -> [UInt8]? {
    // Programs of `binaries` may bring the same link.
    guard let row = rows[path], row.rank == .tree || row.rank == .binary,
      case .symlink(let target) = row.entry.content
    else { return nil }
    return target
  }

  /// Adds an entry, or replaces one that it wins against.
  mutating func add(_ request: Row) {
    var row = request
    if case .directory = row.entry.content {
      row.entry.path = place(of: row.entry.path, followingLast: true)
    } else {
      row.entry.path = place(of: row.entry.path)
    }
    let entry = row.entry
    if case .directory = entry.content {
    } else if entry.path == .root {
      diagnostics.error(
        .conflict, "the root directory of the image can't be a file", at: row.location)
      return
    }
    guard let there = rows[entry.path] else {
      rows[entry.path] = row
      addParents(of: row)
      return
    }
    switch (there.entry.content, entry.content) {
    case (.directory, .directory):
      let reasons = there.entry.reasons + entry.reasons.filter { !there.entry.reasons.contains($0) }
      if row.rank >= there.rank { rows[entry.path] = row }
      rows[entry.path]?.entry.reasons = reasons
    case (.symlink(let target), .symlink(let other)) where target == other && row.rank == .binary:
      // Two programs share the links of the sysroot.
      let reasons = entry.reasons.filter { !there.entry.reasons.contains($0) }
      rows[entry.path]?.rank = max(there.rank, row.rank)
      rows[entry.path]?.entry.reasons += reasons
    case (.directory, _), (_, .directory):
      conflict(row, there, "both as a directory and as something else")
    default:
      if row.rank > there.rank {
        rows[entry.path] = row
      } else if row.rank == there.rank, row.rank == .tree {
        // The later one of two trees wins.
        rows[entry.path] = row
      } else if row.rank == .generated, there.rank == .tree {
        if !entry.content.isSame(as: there.entry.content) { replaced.append(entry.path) }
      } else if row.rank == there.rank {
        conflict(row, there, "twice")
      }
    }
  }

  private mutating func addParents(of row: Row) {
    guard let parent = row.entry.path.parent, parent != .root else { return }
    if let there = rows[parent] {
      if case .directory = there.entry.content {
        let isParent = there.entry.reasons.contains { if case .parent = $0 { true } else { false } }
        if !isParent { rows[parent]?.entry.reasons.append(.parent(of: row.entry.path)) }
        return
      }
      conflict(row, there, "below \(parent), which is not a directory")
      return
    }
    let directory = PlannedEntry(
      path: parent, content: .directory, mode: 0o755, uid: 0, gid: 0,
      reasons: [.parent(of: row.entry.path)])
    rows[parent] = Row(entry: directory, rank: .parent, location: row.location)
    addParents(of: Row(entry: directory, rank: .parent, location: row.location))
  }

  private mutating func conflict(_ row: Row, _ there: Row, _ how: String) {
    let other = there.location.map { " (also at \($0))" } ?? " (\(there.entry.reasons.text))"
    diagnostics.error(
      .conflict, "\(row.entry.path) is requested \(how)\(other)",
      at: row.location ?? there.location)
  }

  /// Notes about generated entries that files of trees replace.
  func notes() -> Diagnostics {
    var notes = Diagnostics()
    guard let first = replaced.min() else { return notes }
    let names = replaced.sorted().prefix(3).map(\.description).joined(separator: ", ")
    notes.note(
      .conflict,
      "trees: \(names)\(replaced.count > 3 ? " and \(replaced.count - 3) more" : "") of a tree"
        + " \(replaced.count == 1 ? "replaces" : "replace") what the init or busybox has there",
      at: rows[first]?.location,
      remedy: "exclude what the tree should not replace")
    return notes
  }

  /// All entries in the order of an archive.
  ///
  /// - Parameter existing: the entries of the image before this segment. An existing parent is not added again, because
  ///   that would change its mode, or replace a link to a directory.
  /// - Returns: the entries, parents before children, not numbered yet.
  /// - Throws: `conflict` if a directory exists as a file, or a file as a directory: the kernel would drop the file.
  func entries(
    onTopOf existing: [ImagePath: FileType] = [:]
  ) throws(InitrdError) -> [PlannedEntry] {
    var entries: [PlannedEntry] = []
    for row in rows.values {
      if let type = existing[row.entry.path], case .directory = row.entry.content {
        guard type == .directory || type == .symlink else {
          throw InitrdError(
            .conflict,
            "\(row.entry.path) is not a directory in the image, so no entry can be below it",
            at: row.location)
        }
        // If `lib` is a link in the image, the kernel writes the files of a tree's `lib` to where it leads.
        if row.rank == .parent || row.rank == .tree && type == .symlink { continue }
      }
      if existing[row.entry.path] == .directory, row.entry.fileType != .directory {
        throw InitrdError(
          .conflict,
          "\(row.entry.path) is a directory in the image, so the kernel drops a file there",
          at: row.location, remedy: "add the name of the file to the path")
      }
      entries.append(row.entry)
    }
    return entries.sorted { $0.path < $1.path }
  }

  /// Numbers entries, starting with `inode`, and joins hard links.
  ///
  /// Names of one file of the sysroot become hard links in the image if they have the same owner and mode. The data is
  /// stored with the last name, as in archives of GNU cpio. Hard links don't reach into another archive, because the
  /// kernel forgets them at each trailer.
  static func number(_ entries: inout [PlannedEntry], from inode: inout UInt32) {
    var groups: [Identity: [Int]] = [:]
    for (index, entry) in entries.enumerated() {
      if case .file(let file) = entry.content {
        groups[Identity(file, entry), default: []].append(index)
      }
    }
    for index in entries.indices where entries[index].inode == 0 {
      entries[index].inode = inode
      inode += 1
      guard case .file(let file) = entries[index].content,
        let names = groups[Identity(file, entries[index])], names.count > 1
      else { continue }
      for name in names {
        entries[name].inode = entries[index].inode
        entries[name].links = UInt32(names.count)
        entries[name].carriesData = name == names.last
      }
    }
  }

  /// Two entries with the same identity are hard links of one file.
  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64
    let mode: UInt16
    let uid: UInt32
    let gid: UInt32

    init(_ file: PlannedFile, _ entry: PlannedEntry) {
      (device, inode) = (file.device, file.inode)
      (mode, uid, gid) = (entry.mode, entry.uid, entry.gid)
    }
  }
}

extension PlannedEntry.Content {
  /// Whether both are the same device, or the same file of the sysroot.
  fileprivate func isSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.node(let kind, let major, let minor), .node(let kind2, let major2, let minor2)):
      (kind, major, minor) == (kind2, major2, minor2)
    case (.file(let file), .file(let file2)):
      (file.device, file.inode) == (file2.device, file2.inode)
    default: false
    }
  }
}
