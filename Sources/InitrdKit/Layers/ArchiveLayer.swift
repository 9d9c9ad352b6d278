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
  /// - Throws: `system`.
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
