/// The tree that a kernel would have, with what is known of its files.
struct UnpackedFiles {
  let tree: UnpackedTree
  /// Summaries by the numbers of the entries that have the data.
  let summaries: [Int: FileSummary]

  /// What is at `path`, links followed.
  func node(_ path: [UInt8]) -> UnpackedTree.Node? {
    (try? tree.existing(path)).map { tree.nodes[$0] }
  }

  /// What is known of the file at `path`.
  func summary(_ path: [UInt8]) -> FileSummary? {
    node(path)?.content.flatMap { summaries[$0] }
  }

  /// Whether the kernel can start the file at `path`, as far as the file itself goes.
  func isRunnable(_ path: [UInt8]) -> Bool {
    guard let node = node(path), node.type == .regular, node.mode & 0o111 != 0 else { return false }
    if node.size > FileSummary.sizeLimit { return true }
    switch summary(path) {
    case .program, .script: return true
    case .module, .list, nil: return false
    }
  }

  /// Why it can't.
  func reason(_ path: [UInt8]) -> String {
    guard let node = node(path) else { return "is not there" }
    guard node.type == .regular else { return "is no file" }
    guard node.mode & 0o111 != 0 else { return "is not executable" }
    return node.content == nil ? "is empty" : "is neither an ELF program nor a script"
  }

  /// Whether a file anywhere, or a link, has a name that begins so.
  func hasFile(beginning start: String) -> Bool {
    tree.nodes.contains { node in
      node.children.keys.contains { $0.starts(with: start.utf8) }
    }
  }

  /// All files with summaries below `folder`, with their paths; none with a path that no program could name.
  func files(below folder: String = "") -> [(path: [UInt8], summary: FileSummary?)] {
    guard let start = try? tree.existing(folder.isEmpty ? [0x2F] : Array(folder.utf8)) else {
      return []
    }
    var files: [(path: [UInt8], summary: FileSummary?)] = []
    var folders = [(node: start, path: Array(folder.utf8))]
    while let (folder, path) = folders.popLast() {
      for (name, child) in tree.nodes[folder].children {
        let node = tree.nodes[child]
        let path = path + [0x2F] + name
        guard path.count < 4096 else { continue }
        if node.type == .directory { folders.append((child, path)) }
        if node.type == .regular { files.append((path, node.content.flatMap { summaries[$0] })) }
      }
    }
    return files.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }
}
