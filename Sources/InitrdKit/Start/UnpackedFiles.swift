/// The tree that a kernel would have, with summaries of its files.
struct UnpackedFiles {
  let tree: UnpackedTree
  /// Summaries, by the number of the entry with the data.
  let summaries: [Int: FileSummary]
  /// The path of a file for each file name, if the image has a cache of the dynamic linker: such a cache can name
  /// directories that are named in no other file.
  private(set) var pathsByName: [[UInt8]: [UInt8]] = [:]

  init(tree: UnpackedTree, summaries: [Int: FileSummary]) {
    (self.tree, self.summaries) = (tree, summaries)
    guard node(Array("/etc/ld.so.cache".utf8)) != nil else { return }
    for (path, _) in files() {
      let name = Array(path.split(separator: UInt8(ascii: "/")).last ?? [])
      if pathsByName[name] == nil { pathsByName[name] = path }
    }
  }

  /// The node at `path`, after following symbolic links; `nil` if there is none.
  func node(_ path: [UInt8]) -> UnpackedTree.Node? {
    (try? tree.existing(path)).map { tree.nodes[$0] }
  }

  /// The summary of the file at `path`; `nil` if there is none.
  func summary(_ path: [UInt8]) -> FileSummary? {
    node(path)?.content.flatMap { summaries[$0] }
  }

  /// Whether the kernel can start the file at `path`, judged by this file alone.
  func isRunnable(_ path: [UInt8]) -> Bool {
    guard let node = node(path), node.type == .regular, node.mode & 0o111 != 0 else { return false }
    if node.size > FileSummary.sizeLimit { return true }
    switch summary(path) {
    case .program, .script: return true
    case .module, .list, nil: return false
    }
  }

  /// The reason for which the kernel can't start the file at `path`, as the end of a sentence.
  func reason(_ path: [UInt8]) -> String {
    guard let node = node(path) else { return "does not exist" }
    guard node.type == .regular else { return "is not a regular file" }
    guard node.mode & 0o111 != 0 else { return "is not executable" }
    return node.content == nil ? "is empty" : "is neither an ELF program nor a script"
  }

  /// Whether any entry of the tree has a name that begins with `start`.
  func hasFile(beginning start: String) -> Bool {
    tree.nodes.contains { node in
      node.children.keys.contains { $0.starts(with: start.utf8) }
    }
  }

  /// All regular files below `folder`, with their paths and summaries, sorted by path. Files whose paths have 4,096
  /// bytes or more are left out, because no program can open them.
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
