/// Turns the entries of trees into entries of an image.
struct TreeEntries: Sendable {
  /// The entries, errors and notes.
  private(set) var contribution = Contribution()
  /// What is known about programs, libraries and scripts, by their paths in the image.
  private(set) var programs: [ImagePath: FileSummary] = [:]
  /// The files and directories that the entries depend on, as they are named in messages. What has no name in UTF-8 is
  /// not among them.
  private(set) var inputs: Set<String> = []
  /// The number of entries that were read.
  private var count = 0
  /// The largest number of entries.
  private let limit: Int
  /// Files that are never included, because the build writes them.
  private let outputs: Set<WrittenFile>

  /// The place of a tree in the image, and the owner and permissions of its entries.
  struct Destination {
    /// The manifest's key, and the location of the item.
    let key: String
    var location: InitrdError.Location?
    var rank: EntryTable.Rank
    /// The path of the tree's root in the image.
    var dest: ImagePath
    /// The owner of all entries; `nil`: their own.
    var owner: Manifest.Owner?
    /// The permissions of all files, which are otherwise 0755 and 0644, and 0755 those of directories; `nil`: their own.
    var modes: Manifest.Ownership?
    /// The pattern that selects the entries. The directories above a match are left out, unless the pattern has `**`.
    var pattern: TreePattern?
    var attributes = Manifest.Tree.ExtendedAttributes.note
  }

  /// - Parameters:
  ///   - output: the path of the image, which may be in a tree; `nil`: none.
  ///   - limit: the number of entries of all trees together.
  init(output: String?, limit: Int = 2_000_000) {
    self.limit = limit
    outputs = WrittenFile.files(of: output)
  }

  /// Adds the entries of `tree` that `filter` includes.
  ///
  /// - Returns: the number of entries.
  /// - Throws: `limit` for what no image can hold, `system` when the tree can't be read.
  mutating func add(
    _ tree: any TreeSource, _ filter: inout TreeFilter,
    as destination: Destination
  ) throws(InitrdError) -> Int {
    let name = tree.name
    let reasons = [
      Reason.requested(key: destination.key, name: name, location: destination.location)
    ]
    var remarks = TreeRemarks()
    let before = count
    try tree.read(&filter) { (entry: TreeEntry) throws(InitrdError) in
      count += 1
      guard count <= limit else {
        throw InitrdError(
          .limit, "over \(limit) entries in trees", at: destination.location ?? .init(file: name),
          remedy: "exclude what the image does not need")
      }
      try add(entry, of: name, as: destination, reasons, &remarks)
    }
    remarks.add(to: &contribution.diagnostics, of: name, destination)
    return count - before
  }

  private mutating func add(
    _ entry: TreeEntry, of name: String, as destination: Destination, _ reasons: [Reason],
    _ remarks: inout TreeRemarks
  ) throws(InitrdError) {
    let path: ImagePath
    do throws(InitrdError) { path = try destination.path(of: entry) } catch {
      throw InitrdError(
        error.code, error.message, at: .init(file: Self.display(entry.path, below: name)),
        remedy: "exclude it, or give it another name")
    }
    let content: PlannedEntry.Content
    switch (entry.type, entry.content) {
    case (.directory, _):
      depend(on: entry)
      // `/` has the kernel's own mode, unless the manifest names it.
      guard path != .root else { return }
      content = .directory
    case (.symlink, _):
      if let violation = ManifestRules.linkTarget(entry.target) {
        throw InitrdError(
          .limit, violation.message, at: .init(file: Self.display(entry.path, below: name)))
      }
      content = .symlink(entry.target)
    case (.socket, _):
      remarks.sockets.append(entry.path)
      return
    case (.fifo, _): content = .node(.fifo, major: 0, minor: 0)
    case (.characterDevice, _):
      content = .node(.char, major: entry.major, minor: entry.minor)
    case (.blockDevice, _):
      content = .node(.block, major: entry.major, minor: entry.minor)
    case (.regular, .file(let file)):
      guard !outputs.contains(WrittenFile(device: file.device, inode: file.inode)) else {
        remarks.outputs.append(entry.path)
        return
      }
      depend(on: entry)
      content = .file(file)
    case (.regular, .bytes(let bytes)): content = .bytes(bytes)
    case (.regular, nil): content = .bytes([])
    }
    let (uid, gid) = (destination.owner?.uid ?? entry.uid, destination.owner?.gid ?? entry.gid)
    guard uid != .max, gid != .max else {
      // The kernel would leave the owner as it is.
      throw InitrdError(
        .limit, "the owner \(uid):\(gid) is not possible in an image",
        at: .init(file: Self.display(entry.path, below: name)), remedy: "set \"owner\"")
    }
    remarks.note(entry)
    programs[path] = entry.summary
    let planned = PlannedEntry(
      path: path, content: content, mode: destination.mode(of: entry),
      uid: uid, gid: gid, reasons: reasons)
    contribution.requests.append(
      Contribution.Request(entry: planned, rank: destination.rank, location: destination.location))
  }

  private mutating func depend(on entry: TreeEntry) {
    if let input = entry.input { inputs.insert(input) }
  }

  /// How the entry at `path` of the tree `name` is named in messages.
  static func display(_ path: [UInt8], below name: String) -> String {
    displayPath(printable(path), below: name)
  }
}

extension TreeEntries.Destination {
  /// The path of an entry in the image.
  ///
  /// - Throws: `limit` for a path that no image can have.
  fileprivate func path(of entry: TreeEntry) throws(InitrdError) -> ImagePath {
    guard !entry.path.isEmpty else { return dest }
    guard let pattern, !pattern.hasDirectories else { return try dest.appending(entry.path) }
    let names = entry.path.split(separator: UInt8(ascii: "/"))
      .dropFirst(pattern.match(entry.path) ?? 0)
    return try dest.appending(names.joined(separator: [UInt8(ascii: "/")]))
  }

  /// The permissions of an entry in the image.
  fileprivate func mode(of entry: TreeEntry) -> UInt16 {
    // Symbolic links have no permissions, and not all archives tell the same.
    if entry.type == .symlink { return 0o777 }
    guard let modes else { return entry.mode }
    switch entry.type {
    case .regular: return modes.mode ?? (entry.mode & 0o100 != 0 ? 0o755 : 0o644)
    case .directory: return 0o755
    default: return entry.mode
    }
  }
}

/// A file that the build writes, by its identity.
struct WrittenFile: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64

  /// The image of an earlier build at `path`, and the temporary file of a build that was killed.
  static func files(of path: String?) -> Set<WrittenFile> {
    guard let path else { return [] }
    var found: Set<WrittenFile> = []
    for path in [path, AtomicFile.temporaryPath(for: path)].compactMap({ $0 }) {
      if let status = (try? OpenFile.status(of: path)) ?? nil, status.kind == .regular {
        found.insert(WrittenFile(device: status.device, inode: status.inode))
      }
    }
    return found
  }
}
