/// Adding and removing names.
extension UnpackedTree {
  /// Removes the node with this name, unless it has the type in `mode` or is a directory that is not empty.
  mutating func clear(_ path: [UInt8], unless mode: UInt32 = 0) {
    guard let place = try? reach(path, followingLast: false), let node = place.node,
      !place.name.isEmpty, nodes[node].type.rawValue != mode & 0o170000
    else { return }
    let isFolder = nodes[node].type == .directory
    guard isFolder ? nodes[node].children.isEmpty : path.last != UInt8(ascii: "/") else { return }
    nodes[place.folder].children[place.name] = nil
    nodes[node].names -= 1
  }

  /// Adds the name as a hard link if its file has an earlier name; `false` for the first name.
  mutating func link(_ path: [UInt8], _ header: NewcHeader) throws(Dropped) -> Bool {
    guard header.links >= 2 else { return false }
    let key = LinkKey(
      major: header.deviceMajor, minor: header.deviceMinor, inode: header.inode,
      type: header.mode & 0o170000)
    guard let first = linkable[key] else {
      linkable[key] = path
      return false
    }
    clear(path)
    // The kernel remembers the first name, and links to the node that has this name now.
    let slash = UInt8(ascii: "/")
    guard first.last != slash, path.last != slash,
      let node = try? reach(first, followingLast: false).node, nodes[node].type != .directory,
      let place = try? reach(path, followingLast: false), place.node == nil
    else { throw .linkGone }
    nodes[place.folder].children[place.name] = node
    nodes[node].names += 1
    return true
  }

  mutating func makeFolders(above path: [UInt8]) {
    var folder = 0
    for name in path.split(separator: UInt8(ascii: "/")).dropLast() {
      guard let place = try? reach(name, from: folder, followingLast: true) else { return }
      folder = place.node ?? make(.directory, at: place)
      guard nodes[folder].type == .directory else { return }
    }
  }

  mutating func make(_ type: FileType, at place: Place) -> Int {
    add(Node(type: type, mode: 0o755), place.name, in: place.folder)
  }

  @discardableResult
  mutating func add(_ node: Node, _ name: [UInt8], in folder: Int) -> Int {
    nodes.append(node)
    nodes[nodes.count - 1].parent = folder
    nodes[folder].children[name] = nodes.count - 1
    return nodes.count - 1
  }
}
