/// An archive as a layer: its names in memory, its contents in a ``Spool``.
final class ArchiveLayer: Layer {
  let name: String
  private let tree: UnpackedTree
  private let slices: [Int: Spool.Slice]
  private let attributes: [Int: [[UInt8]]]
  private let contents: OpenFile
  private let number: Int

  /// - Parameters:
  ///   - name: the layer as the user named it.
  ///   - layer: its tree.
  ///   - spool: the contents.
  ///   - number: the layer's number in the stack, which tells its files from those of other layers.
  init(
    name: String, _ layer: LayerTree, _ spool: borrowing Spool, number: Int
  ) throws(InitrdError) {
    self.name = name
    (tree, slices, attributes) = (layer.tree, layer.slices, layer.attributes)
    contents = try spool.file.duplicate()
    self.number = number
  }

  private func node(_ path: [UInt8]) -> Int? {
    path.isEmpty ? 0 : try? tree.walk(path, followingLast: false).node
  }

  func entry(at path: [UInt8]) -> LayerEntry? {
    guard let node = node(path) else { return nil }
    let entry = tree.nodes[node]
    let slice = entry.type == .regular ? slices[node] ?? .init(start: 0, size: 0) : nil
    return LayerEntry(
      type: entry.type, mode: entry.mode, uid: entry.user, gid: entry.group,
      size: slice?.size ?? 0, target: entry.target, major: entry.major, minor: entry.minor,
      // No device of a machine has such a number.
      identity: .init(device: .max - UInt64(number), inode: UInt64(node), changed: 0),
      slice: slice, attributes: attributes[node] ?? [])
  }

  func names(in path: [UInt8]) -> [[UInt8]]? {
    guard let node = node(path), tree.nodes[node].type == .directory else { return nil }
    return tree.nodes[node].children.keys.sorted { $0.lexicographicallyPrecedes($1) }
  }

  func open(_ path: [UInt8]) throws(InitrdError) -> OpenFile? {
    guard let entry = entry(at: path), let slice = entry.slice else { return nil }
    return try contents.part(
      from: slice.start, size: slice.size, name: "\(name)/\(printable(path))")
  }
}

extension LayerTree {
  /// Adds the entries of an archive: a tar, cpio, zip, rpm, or a .deb with a tar in it.
  ///
  /// - Parameters:
  ///   - file: the archive.
  ///   - spool: gets the contents.
  ///   - hasWhiteouts: whether it is a layer of a container image.
  /// - Throws: `bad-input` for what is no archive, `malformed` for a damaged one, `limit`, `system`.
  mutating func add(
    archive file: consuming OpenFile, to spool: inout Spool, hasWhiteouts: Bool = false
  ) throws(InitrdError) {
    let name = file.name
    spool.beginArchive(size: try file.status().size)
    let reader = try ArchiveReader(ArchiveInput(file), name: name)
    var isPackage = false
    while let entry = try reader.next() {
      // Every .deb begins with this member (deb(5)).
      if entry.path.elementsEqual("debian-binary".utf8) { isPackage = true }
      if isPackage, entry.path.starts(with: "data.tar".utf8) {
        let data = try ArchiveReader(
          ArchiveInput(memberOf: reader),
          name: "\(name)/\(printable(entry.path))")
        return try add(data, to: &spool, first: try data.next(), hasWhiteouts: false)
      }
      if !isPackage { return try add(reader, to: &spool, first: entry, hasWhiteouts: hasWhiteouts) }
    }
    guard !isPackage else {
      throw InitrdError(
        .malformed, "a .deb without data.tar", at: .init(file: name),
        remedy: "get the package again")
    }
  }

  private mutating func add(
    _ reader: ArchiveReader, to spool: inout Spool, first: ArchiveReader.Entry?,
    hasWhiteouts: Bool
  ) throws(InitrdError) {
    var next = first
    while let entry = next {
      var slice: Spool.Slice?
      if entry.type == .regular, entry.hardLink == nil {
        slice = try reader.spool(entry, to: &spool)
      }
      try add(entry, slice, hasWhiteouts: hasWhiteouts, archive: reader.name)
      next = try reader.next()
    }
  }
}

extension ArchiveReader {
  /// Copies the data of an entry to a spool; holes become zeros.
  func spool(_ entry: Entry, to spool: inout Spool) throws(InitrdError) -> Spool.Slice {
    spool.begin()
    while let block = try nextBlock() {
      guard block.offset >= spool.count, block.offset <= max(entry.size, spool.count) else {
        throw InitrdError(
          .malformed, "\(printable(entry.path)): data outside of the file's size",
          at: .init(file: name))
      }
      try spool.fill(to: block.offset)
      try spool.write(block.bytes.bindMemory(to: UInt8.self).span)
    }
    // A file that ends with a hole.
    try spool.fill(to: entry.size)
    return spool.end()
  }
}
