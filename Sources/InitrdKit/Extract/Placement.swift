/// Creates a tree in a directory, name by name. An entry that can't be created becomes a remark, and the work goes on.
struct Placement {
  /// Directories that are nested deeper are refused, because all directories on the way are open at once.
  static let maxDepth = 512

  private let tree: UnpackedTree
  private let number: Int
  private let options: Extraction
  private(set) var report: ExtractReport

  /// - Parameters:
  ///   - tree: the tree to create.
  ///   - number: the tree's number, which is in the names of its files in the temporary directory.
  ///   - options: the options of the extraction.
  ///   - report: the report so far, to which results are added.
  init(
    _ tree: UnpackedTree, _ number: Int, _ options: Extraction, _ report: ExtractReport
  ) {
    self.tree = tree
    self.number = number
    self.options = options
    self.report = report
  }

  /// Creates everything in the tree's root.
  mutating func fill(_ root: borrowing OpenFile, _ staging: inout Staging) {
    fill(root, 0, [], 0, &staging)
  }

  /// Sets the attributes of `root`, if the image has an entry for its root.
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
      // Files that are in their places by then stay there.
      if Signals.isWaiting { return }
      let node = tree.nodes[child]
      let path = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
      do throws(InitrdError) {
        if depth == 0, name == staging.name {
          throw InitrdError(.conflict, "its name is that of the extraction's temporary directory")
        }
        switch node.type {
        case .directory:
          // The kernel's own directories are created only if the image has something in them.
          if !node.isGiven, node.children.isEmpty { continue }
          guard depth < Self.maxDepth else {
            throw InitrdError(.limit, "more than \(Self.maxDepth) directories deep")
          }
          let opened = try Self.folder(name, in: folder)
          report.entries += 1
          fill(opened, child, path, depth + 1, &staging)
          // Last, so that a read-only directory can be filled, and keeps its time.
          setAttributes(opened, child, path)
        case .regular, .symlink:
          let file = TreeBuilder.File(tree: number, node: child)
          let isFirst = try staging.place(file, node, attributes(of: node), in: folder, as: name)
          report.entries += 1
          report.bytes += isFirst ? UInt64(node.size) : 0
          let missing = staging.missing(file)
          if isFirst, missing > 0 {
            let reason = "\(missing) bytes at its end are not in the image, and became NULs"
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
        let below = node.type == .directory ? ", with everything in it" : ""
        report.add(ExtractRemark(.refused, path, error.message + below))
      }
    }
  }

  /// Opens the directory `name`, or creates it. Anything else with that name, such as a link, is replaced.
  static func folder(
    _ name: [UInt8], in parent: borrowing OpenFile
  ) throws(InitrdError) -> OpenFile {
    if try !parent.makeFolder(name) {
      if let folder = try parent.openFolder(name) { return folder }
      try parent.removeFile(name)
      _ = try parent.makeFolder(name)
    }
    guard let folder = try parent.openFolder(name) else {
      throw InitrdError(.changed, "another program changes the directory at the same time")
    }
    return folder
  }

  private func attributes(of node: UnpackedTree.Node) -> OpenFile.Attributes {
    OpenFile.Attributes(
      mode: node.mode & (options.setsIDBits ? 0o7777 : 0o1777),
      owner: options.setsOwners ? (node.user, node.group) : nil, modified: node.modified)
  }
}
