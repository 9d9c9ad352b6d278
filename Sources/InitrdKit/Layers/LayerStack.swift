/// The layers of a sysroot, merged into one tree in which later layers win.
///
/// Directories of the same path merge. A link and a directory of the same path merge too, as in dpkg: the content of the
/// directory is found behind the link. So a package with files in `lib/` fits on a root with `lib → usr/lib`.
final class LayerStack: Sendable {
  /// The layers; the first one is the lowest.
  let layers: [any Layer]

  /// Opens the layers.
  ///
  /// - Parameters:
  ///   - paths: directories, archives and container images; the first one is the lowest.
  ///   - architecture: chooses the image of a container image for several platforms; `nil`: this machine's.
  /// - Throws: `missing` for a path that does not exist, `bad-input` for what is no layer, `malformed`, `limit`.
  init(_ paths: [String], architecture: Architecture? = nil) throws(InitrdError) {
    var layers: [any Layer] = []
    var archives: [(number: Int, path: String)] = []
    for (number, path) in paths.enumerated() {
      if OCIReference(path) == nil, try Self.isDirectory(path) {
        layers.append(try DirectoryLayer(path))
      } else {
        archives.append((number, path))
      }
    }
    if !archives.isEmpty {
      // All archives share it.
      var spool = try Spool()
      for (number, path) in archives {
        var tree: LayerTree
        if let image = OCIReference(path) {
          tree = try OCIImage.tree(image, for: architecture, to: &spool)
        } else {
          tree = try Self.tree(of: path, to: &spool)
        }
        layers.insert(try ArchiveLayer(name: path, tree, spool, number: number), at: number)
      }
    }
    self.layers = layers
  }

  private static func isDirectory(_ path: String) throws(InitrdError) -> Bool {
    guard let status = try OpenFile.status(of: path) else {
      throw InitrdError(
        .missing, "the sysroot does not exist", at: .init(file: path),
        remedy: "set another directory or archive with --sysroot or the manifest's \"sysroot\"")
    }
    guard status.kind == .directory || status.kind == .regular else {
      throw InitrdError(
        .badInput, "the sysroot is neither a directory nor an archive", at: .init(file: path))
    }
    return status.kind == .directory
  }

  /// An initramfs image is read as the kernel reads it, everything else by libarchive.
  private static func tree(
    of path: String, to spool: inout Spool
  ) throws(InitrdError) -> LayerTree {
    let file = try OpenFile(reading: path)
    if try !ArchiveReader.recognizes(file),
      let tree = try LayerTree(image: try file.duplicate(), to: &spool)
    {
      return tree
    }
    var tree = LayerTree()
    try tree.add(archive: file, to: &spool)
    return tree
  }

  // MARK: The merged tree

  /// Something in the merged tree.
  struct Found {
    var entry: LayerEntry
    /// The number of its layer.
    var layer: Int
    /// Its path in this layer.
    var path: [UInt8]
  }

  /// A directory of the merged tree: the directories of the layers that have it, the highest layer first.
  struct Directory {
    var parts: [(layer: Int, path: [UInt8])]
  }

  /// The root of the merged tree.
  var root: Directory {
    Directory(parts: layers.indices.reversed().map { ($0, []) })
  }

  /// What a directory has under a name; no link is followed.
  struct Child {
    /// What the highest layer has.
    var found: Found
    /// The directories of this name, which merge; for a link those of higher layers, which merge with the one behind it.
    var above = Directory(parts: [])
    /// The link that a directory of a higher layer covers, and the directories below the link.
    var link: Found?
    var below = Directory(parts: [])
  }

  /// Looks up a name in a directory.
  ///
  /// - Returns: what the layers have, down to a file, which hides the rest; `nil` for nothing.
  func child(_ name: [UInt8], of directory: Directory) throws(InitrdError) -> Child? {
    var child: Child?
    for (layer, path) in directory.parts {
      let path = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
      guard path.count < 4096, let entry = try layers[layer].entry(at: path) else { continue }
      let found = Found(entry: entry, layer: layer, path: path)
      var known = child ?? Child(found: found)
      defer { child = known }
      switch entry.type {
      case .directory where known.link == nil: known.above.parts.append((layer, path))
      case .directory: known.below.parts.append((layer, path))
      case .symlink: if known.link == nil { known.link = found }
      default: return known
      }
    }
    return child
  }

  /// The names in a directory, sorted by bytes.
  func names(in directory: Directory) throws(InitrdError) -> [[UInt8]] {
    if directory.parts.count == 1, let (layer, path) = directory.parts.first {
      return try layers[layer].names(in: path) ?? []
    }
    var names: Set<[UInt8]> = []
    for (layer, path) in directory.parts {
      names.formUnion(try layers[layer].names(in: path) ?? [])
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// One directory of several, the highest first.
  func merged(_ directories: Directory...) -> Directory {
    var parts: [(layer: Int, path: [UInt8])] = []
    for part in directories.flatMap(\.parts) where !parts.contains(where: { $0 == part }) {
      parts.append(part)
    }
    return Directory(parts: parts)
  }

  /// The stack up to the layer of this number.
  func below(_ layer: Int) -> LayerStack { LayerStack(Array(layers[...layer])) }

  /// A stack of open layers.
  init(_ layers: [any Layer]) { self.layers = layers }

  /// Opens a regular file of a layer.
  func open(_ found: Found) throws(InitrdError) -> OpenFile? {
    try layers[found.layer].open(found.path)
  }
}
