extension UnpackedFiles: FileTree {
  func file(at path: [UInt8], counting steps: inout Int) -> TreeFile? {
    guard let node = tree.existing(path, counting: &steps), tree.nodes[node].type == .regular else {
      return nil
    }
    return TreeFile(identity: .node(node))
  }

  func directory(at path: [UInt8], counting steps: inout Int) -> FileIdentity? {
    guard let node = tree.existing(path, counting: &steps), tree.nodes[node].type == .directory
    else { return nil }
    return .node(node)
  }

  func realDirectory(of path: [UInt8], counting steps: inout Int) -> [UInt8]? {
    guard let place = try? tree.walk(path, followingLast: true) else { return nil }
    var (folder, path) = (place.folder, [UInt8]())
    while folder != 0, path.count <= 4096 {
      let parent = tree.nodes[folder].parent
      steps += tree.nodes[parent].children.count
      let child = tree.nodes[parent].children.first { $0.value == folder }
      path = [UInt8(ascii: "/")] + (child?.key ?? []) + path
      folder = parent
    }
    return path
  }

  func names(in path: [UInt8]) -> [[UInt8]] {
    guard let node = node(path), node.type == .directory else { return [] }
    return node.children.keys.sorted { $0.lexicographicallyPrecedes($1) }
  }

  func text(at path: [UInt8]) -> [UInt8]? {
    guard case .list(let text) = summary(path) else { return nil }
    return text
  }

  func content(of file: TreeFile) -> ProgramContent {
    guard case .node(let number) = file.identity, let content = tree.nodes[number].content else {
      return .other
    }
    switch summaries[content] {
    case .program(let links, _): return .program(links)
    case .script(let line, _): return .script(line)
    // A library that is too large to be read, or not whole.
    case .module, .list, nil: return .unknown
    }
  }

  func cachedPath(of library: [UInt8]) -> [UInt8]? {
    pathsByName[library]
  }
}
