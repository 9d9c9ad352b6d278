/// The tree of an archive layer, built from its entries in their order.
struct LayerTree: Sendable {
  /// The walker of ``UnpackedTree`` knows links, `..` and loops; here it makes missing parents, as tar does.
  private(set) var tree = UnpackedTree(makingFolders: true)
  /// The place of a regular file's content, by its node.
  private(set) var slices: [Int: Spool.Slice] = [:]
  /// The names of extended attributes, by node.
  private(set) var attributes: [Int: [[UInt8]]] = [:]
  /// The number of the OCI layer that gave a node its name, by node: whiteouts are for earlier layers only.
  private var origins: [Int: Int] = [:]
  private var origin = 0
  private var entries = 0
  private var memory = HeldMemory(ReadLimits(memory: Self.memoryLimit))

  /// Entries of all layers of an image; a container image has some ten thousand.
  private static let maxEntries = 1 << 20
  /// Memory for names and links, and names that are looked up for all entries: seconds of work.
  private static let (memoryLimit, maxSteps): (UInt64, Int) = (512 << 20, 1 << 27)

  /// An empty tree.
  init() {}

  /// A complete tree with its contents.
  init(tree: UnpackedTree, slices: [Int: Spool.Slice]) { (self.tree, self.slices) = (tree, slices) }

  /// Begins the next layer of a container image, which replaces what it has in common with the earlier ones.
  mutating func beginLayer() { origin += 1 }

  /// Adds an entry.
  ///
  /// - Parameters:
  ///   - entry: the entry; its names are checked here.
  ///   - slice: its content, if it is a regular file.
  ///   - hasWhiteouts: whether `.wh.NAME` stands for a removed name (OCI image specification, "Whiteouts").
  ///   - archive: the archive's name in messages.
  /// - Throws: `malformed` for a path that leads out, a hard link to nothing, or a file in the place of a directory;
  ///   `limit` for too many entries.
  mutating func add(
    _ entry: ArchiveReader.Entry, _ slice: Spool.Slice?, hasWhiteouts: Bool, archive: String
  ) throws(InitrdError) {
    entries += 1
    guard entries <= Self.maxEntries else {
      throw InitrdError(
        .limit, "more than \(Self.maxEntries) entries", at: .init(file: archive))
    }
    func broken(_ what: String) -> InitrdError {
      InitrdError(
        .malformed, "\(printable(entry.path)): \(what)", at: .init(file: archive),
        remedy: "make the archive again")
    }
    guard let path = Self.plain(entry.path) else { throw broken("a path with \"..\"") }
    guard path.count < 4096 else { throw broken("a path of 4,096 bytes or more") }
    let slash = UInt8(ascii: "/")
    let (parent, name) =
      path.lastIndex(of: slash).map { (Array(path[..<$0]), Array(path[($0 + 1)...])) } ?? ([], path)
    if hasWhiteouts, name.starts(with: ".wh.".utf8) {
      return whiteOut(Array(name.dropFirst(4)), in: parent)
    }
    // Nodes for missing parents, and their names.
    let parts = path.reduce(1) { $1 == slash ? $0 + 1 : $0 }
    try memory.hold(path.count + entry.target.count + 320 + (parts > 16 ? 320 * parts : 0))
    guard tree.steps < Self.maxSteps else {
      throw InitrdError(
        .limit, "the links of the archive are too long to follow", at: .init(file: archive))
    }
    let known = tree.nodes.count
    // Also of the parents that are made.
    defer { for node in known..<tree.nodes.count { origins[node] = origin } }
    if let hardLink = entry.hardLink {
      return try addHardLink(path, to: Self.plain(hardLink), slice, broken)
    }
    guard let type = entry.type else { throw broken("an unknown type") }
    // The root's own entry.
    if path.isEmpty {
      guard type == .directory else { throw broken("no name") }
      return setRoot(entry)
    }
    try removeOther(type, at: path, broken)
    var header = NewcHeader()
    (header.mode, header.uid, header.gid) = (
      type.rawValue | UInt32(entry.mode), entry.uid, entry.gid
    )
    (header.mtime, header.rdevMajor, header.rdevMinor) = (entry.modified, entry.major, entry.minor)
    if type == .symlink { header.fileSize = UInt32(clamping: entry.target.count) }
    if type == .regular { header.fileSize = UInt32(clamping: slice?.size ?? 0) }
    let node: Int
    do {
      try tree.add(
        NewcReader.Entry(header: header, name: path, offset: 0), number: entries,
        target: entry.target)
      guard let found = try tree.walk(path, followingLast: false).node else { return }
      node = found
    } catch { throw broken(error.rawValue) }
    if type == .regular { slices[node] = slice }
    attributes[node] = entry.attributes.isEmpty ? nil : entry.attributes
    origins[node] = origin
  }

  /// The path without empty names, `.` and leading slashes; `nil` with a `..`.
  static func plain(_ path: [UInt8]) -> [UInt8]? {
    var parts: [ArraySlice<UInt8>] = []
    for part in path.split(separator: UInt8(ascii: "/")) where part != [0x2E] {
      if part == [0x2E, 0x2E] { return nil }
      parts.append(part)
    }
    return Array(parts.joined(separator: [UInt8(ascii: "/")]))
  }

  private mutating func setRoot(_ entry: ArchiveReader.Entry) {
    tree.nodes[0].mode = entry.mode
    (tree.nodes[0].user, tree.nodes[0].group) = (entry.uid, entry.gid)
  }

  /// A later entry replaces an earlier one of another type, also a directory with its content.
  private mutating func removeOther(
    _ type: FileType, at path: [UInt8], _ broken: (String) -> InitrdError
  ) throws(InitrdError) {
    guard let place = try? tree.walk(path, followingLast: false), let node = place.node,
      !place.name.isEmpty
    else { return }
    if tree.nodes[node].type == .directory, type == .directory { return }
    if tree.nodes[node].type == .directory, origins[node] == origin,
      !tree.nodes[node].children.isEmpty
    {
      throw broken("a file in the place of a directory")
    }
    unlink(place.name, in: place.folder)
  }

  private mutating func addHardLink(
    _ path: [UInt8], to target: [UInt8]?, _ slice: Spool.Slice?,
    _ broken: (String) -> InitrdError
  ) throws(InitrdError) {
    guard let target, let node = try? tree.walk(target, followingLast: false).node,
      tree.nodes[node].type != .directory
    else { throw broken("a hard link to a file that does not exist") }
    if let slice { slices[node] = slice }
    tree.makeFolders(above: path)
    guard let place = try? tree.walk(path, followingLast: false), !place.name.isEmpty else {
      throw broken("a hard link in a directory that does not exist")
    }
    if place.node == node { return }
    if place.node != nil { unlink(place.name, in: place.folder) }
    tree.nodes[place.folder].children[place.name] = node
    tree.nodes[node].names += 1
  }

  private mutating func whiteOut(_ name: [UInt8], in parent: [UInt8]) {
    guard let folder = parent.isEmpty ? 0 : try? tree.existing(parent) else { return }
    if name.elementsEqual(".wh..opq".utf8) { return prune(folder) }
    guard let node = tree.nodes[folder].children[name] else { return }
    // A directory that the layer has anew keeps its entry, and loses what the earlier layers have in it.
    if origins[node] ?? 0 < origin { unlink(name, in: folder) } else { prune(node) }
  }

  /// Removes what earlier layers have below a directory.
  private mutating func prune(_ folder: Int) {
    var folders = [folder]
    while let folder = folders.popLast() {
      for (name, node) in tree.nodes[folder].children {
        if origins[node] ?? 0 < origin {
          unlink(name, in: folder)
        } else if tree.nodes[node].type == .directory {
          folders.append(node)
        }
      }
    }
  }

  private mutating func unlink(_ name: [UInt8], in folder: Int) {
    guard let node = tree.nodes[folder].children.removeValue(forKey: name) else { return }
    tree.nodes[node].names -= 1
  }
}
