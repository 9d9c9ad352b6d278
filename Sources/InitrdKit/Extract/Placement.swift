/// Makes a tree in a folder, name by name: what is refused is noted, and the rest is made.
struct Placement {
  /// Folders that are nested deeper are refused: those on the way are open while one is filled.
  static let maxDepth = 512

  private let tree: UnpackedTree
  private let number: Int
  private let options: Extraction
  private(set) var report: ExtractReport

  /// - Parameters:
  ///   - tree: what is made.
  ///   - number: the tree's number, by which its files are known in the staging folder.
  ///   - options: what is made of it, and how.
  ///   - report: what was done before.
  init(
    _ tree: UnpackedTree, _ number: Int, _ options: Extraction, _ report: ExtractReport
  ) {
    self.tree = tree
    self.number = number
    self.options = options
    self.report = report
  }

  /// Makes everything that is in the tree's root.
  mutating func fill(_ root: borrowing OpenFile, _ staging: inout Staging) {
    fill(root, 0, [], 0, &staging)
  }

  /// Gives `root` what the image says of its root.
  mutating func setRootAttributes(_ root: borrowing OpenFile) {
    if tree.nodes[0].isGiven { setAttributes(root, 0, [UInt8(ascii: "/")]) }
  }

  private mutating func setAttributes(
    _ folder: borrowing OpenFile, _ node: Int, _ path: [UInt8]
  ) {
    do throws(InitrdError) { try folder.setAttributes(attributes(of: tree.nodes[node])) } catch {
      report.add(ExtractRemark(.refused, path, error.message))
    }
  }

  private mutating func fill(
    _ folder: borrowing OpenFile, _ parent: Int, _ path: [UInt8], _ depth: Int,
    _ staging: inout Staging
  ) {
    let children = tree.nodes[parent].children.sorted {
      $0.key.lexicographicallyPrecedes($1.key)
    }
    for (name, child) in children {
      // What stands in its place by then stays there.
      if Signals.isWaiting { return }
      let node = tree.nodes[child]
      let path = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
      do throws(InitrdError) {
        if depth == 0, name == staging.name {
          throw InitrdError(.conflict, "its name is that of a folder that is used meanwhile")
        }
        switch node.type {
        case .directory:
          // The kernel's own folders are made only for what is in them.
          if !node.isGiven, node.children.isEmpty { continue }
          guard depth < Self.maxDepth else {
            throw InitrdError(.limit, "over \(Self.maxDepth) folders deep")
          }
          let opened = try Self.folder(name, in: folder)
          report.entries += 1
          fill(opened, child, path, depth + 1, &staging)
          // Last, so that a folder that can't be written to can be filled, and keeps its time.
          setAttributes(opened, child, path)
        case .regular, .symlink:
          let file = TreeBuilder.File(tree: number, node: child)
          let isFirst = try staging.place(file, node, attributes(of: node), in: folder, as: name)
          report.entries += 1
          report.bytes += isFirst ? UInt64(node.size) : 0
          let missing = staging.missing(file)
          if isFirst, missing > 0 {
            let reason = "the image breaks off \(missing) bytes before its end, which are NULs"
            report.add(ExtractRemark(.incomplete, path, reason))
          }
        case .fifo, .socket, .characterDevice, .blockDevice:
          guard options.makesDevices else {
            report.add(ExtractRemark(.notAskedFor, path, "a device, fifo or socket"))
            continue
          }
          let file = TreeBuilder.File(tree: number, node: child)
          _ = try staging.place(file, node, attributes(of: node), in: folder, as: name)
          report.entries += 1
        }
        if !options.setsIDBits, node.mode & 0o6000 != 0 { report.setIDCleared += 1 }
      } catch {
        let below = node.type == .directory ? ", with all that is in it" : ""
        report.add(ExtractRemark(.refused, path, error.message + below))
      }
    }
  }

  /// The folder `name`, new or as it is there; a link to a folder is none.
  static func folder(
    _ name: [UInt8], in parent: borrowing OpenFile
  ) throws(InitrdError) -> OpenFile {
    if try !parent.makeFolder(name) {
      if let folder = try parent.openFolder(name) { return folder }
      try parent.removeFile(name)
      _ = try parent.makeFolder(name)
    }
    guard let folder = try parent.openFolder(name) else {
      throw InitrdError(.changed, "somebody else puts something in its place")
    }
    return folder
  }

  private func attributes(of node: UnpackedTree.Node) -> OpenFile.Attributes {
    OpenFile.Attributes(
      mode: node.mode & (options.setsIDBits ? 0o7777 : 0o1777),
      owner: options.setsOwners ? (node.user, node.group) : nil, modified: node.modified)
  }
}
