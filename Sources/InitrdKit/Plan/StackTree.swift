/// A directory of the sysroot, merged from all layers as a kernel would see it.
final class StackTree: TreeSource {
  let name: String
  private let stack: LayerStack
  private let root: SysrootPlace

  /// A directory, with the path of it in the tree.
  private typealias Row = (path: [UInt8], directory: LayerStack.Directory)

  /// - Parameters:
  ///   - root: the place of a directory.
  ///   - stack: the layers.
  ///   - name: the name of the tree in messages.
  init(_ root: SysrootPlace, of stack: LayerStack, name: String) {
    (self.root, self.stack, self.name) = (root, stack, name)
  }

  func read(
    _ filter: inout TreeFilter, to visit: (TreeEntry) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    if filter.includes([]) { try visit(try rootEntry()) }
    // Directories that a link of another layer hides: their files are found behind the link, and are passed on last.
    var hidden: [Row] = []
    try read([([], root.directory)], &filter, hidden: &hidden, to: visit)
    while let row = hidden.popLast() {
      try read([row], &filter, hidden: &hidden) { (entry: TreeEntry) throws(InitrdError) in
        // Another file may be at the place to which the link leads.
        if try isVisible(entry) { try visit(entry) }
      }
    }
  }

  private func read(
    _ rows: [Row], _ filter: inout TreeFilter, hidden: inout [Row],
    to visit: (TreeEntry) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    var rows = rows
    while let (path, directory) = rows.popLast() {
      let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
      var below: [Row] = []
      for name in try stack.names(in: directory) {
        let path = prefix + name
        let (isIncluded, isEntered) = (filter.includes(path), filter.enters(path))
        guard isIncluded || isEntered, let child = try stack.child(name, of: directory) else {
          continue
        }
        var found = child.found
        var link = child.link
        if link != nil, found.entry.type != .symlink, try !isFollowed(path) { link = nil }
        if let link {
          found = link
          for directory in [child.above, child.below] where !directory.parts.isEmpty && isEntered {
            hidden.append((path, directory))
          }
        } else if found.entry.type == .directory, isEntered {
          below.append((path, child.above))
        }
        if isIncluded { try visit(try entry(at: path, found)) }
      }
      rows += below.reversed()
    }
  }

  private func inStack(_ path: [UInt8]) -> [UInt8] { root.path + [UInt8(ascii: "/")] + path }

  /// Whether the way to `path` follows a link there, although a higher layer has a directory.
  private func isFollowed(_ path: [UInt8]) throws(InitrdError) -> Bool {
    let whole = plainPath(inStack(path))
    return try stack.place(of: whole)?.links.contains { $0.path == whole } ?? false
  }

  /// Whether this is the file that a kernel would find at the entry's path.
  private func isVisible(_ entry: TreeEntry) throws(InitrdError) -> Bool {
    guard let found = try stack.place(of: inStack(entry.path), followingLast: false)?.found else {
      return false
    }
    guard case .file(let file) = entry.content, case .layer(let layer, let path) = file.place else {
      return found.entry.type == entry.type && found.entry.target == entry.target
    }
    return found.layer == layer && found.path == path
  }

  private func rootEntry() throws(InitrdError) -> TreeEntry {
    if let found = root.found { return try entry(at: [], found) }
    var entry = TreeEntry(path: [], type: .directory, mode: 0o755, uid: 0, gid: 0)
    // The root itself, as the highest layer has it.
    if let (layer, path) = root.directory.parts.first,
      let status = try stack.layers[layer].entry(at: path)
    {
      (entry.mode, entry.uid, entry.gid) = (status.mode, status.uid, status.gid)
      entry.input = (stack.layers[layer] as? DirectoryLayer)?.name
    }
    return entry
  }

  private func entry(
    at path: [UInt8], _ found: LayerStack.Found
  ) throws(InitrdError) -> TreeEntry {
    let status = found.entry
    var entry = TreeEntry(
      path: path, type: status.type, mode: status.mode, uid: status.uid, gid: status.gid,
      target: status.target, major: status.major, minor: status.minor)
    entry.attributes = status.attributes
    if let layer = stack.layers[found.layer] as? DirectoryLayer {
      let slash = found.path.lastIndex(of: UInt8(ascii: "/"))
      let parent = slash.map { Array(found.path[..<$0]) } ?? []
      entry.attributes = try layer.open(parent)?.extendedAttributeNames(
        of: Array(found.path[(slash.map { $0 + 1 } ?? 0)...]))
      entry.input = String(validating: found.path, as: UTF8.self).map {
        displayPath($0, below: layer.name)
      }
    }
    guard status.type == .regular else { return entry }
    let identity = status.identity
    entry.content = .file(
      try PlannedFile(
        size: status.size, device: identity.device, inode: identity.inode,
        changed: identity.changed, at: .layer(found.layer, found.path),
        named: TreeEntries.display(path, below: name)))
    let name = path.split(separator: UInt8(ascii: "/")).last ?? []
    if status.size > 0, FileSummary.mayDescribe(name, mode: status.mode),
      let file = try stack.open(found)
    {
      entry.summary = try? FileSummary(
        program: FileBytes(file, size: status.size), hasApplets: name.elementsEqual("busybox".utf8))
    }
    return entry
  }
}
