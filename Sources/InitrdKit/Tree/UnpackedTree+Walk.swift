extension UnpackedTree {
  /// The result of resolving a path.
  struct Place {
    /// The directory with the last name.
    var folder: Int
    /// The last name; empty for the root and for paths that end with `.` or `..`.
    var name: [UInt8]
    /// The node with the name; `nil` if there is none.
    var node: Int?
  }

  /// Resolves a path as the kernel does: `..` does not leave the root, and at most 40 symbolic links are followed.
  ///
  /// - Parameters:
  ///   - path: the path; that of the root is `/`.
  ///   - start: the directory in which it starts; the root by default.
  ///   - followingLast: whether the last name is followed if it is a symbolic link.
  /// - Returns: the directory and node, also if no node has the last name.
  /// - Throws: the reason for which the path can't be resolved.
  func walk(
    _ path: some Collection<UInt8>, from start: Int = 0, followingLast: Bool
  ) throws(Dropped) -> Place {
    var steps = 0
    return try walk(path, from: start, followingLast: followingLast, &steps)
  }

  /// Resolves the path of an entry like ``walk(_:from:followingLast:)``, and adds the steps to ``steps``.
  mutating func reach(
    _ path: some Collection<UInt8>, from start: Int = 0, followingLast: Bool
  ) throws(Dropped) -> Place {
    var count = 0
    defer { steps += count }
    return try walk(path, from: start, followingLast: followingLast, &count)
  }

  /// The node at `path`, after following symbolic links; `nil` if there is none. The steps are added to `steps`.
  func existing(_ path: some Collection<UInt8>, counting steps: inout Int) -> Int? {
    try? walk(path, from: 0, followingLast: true, &steps).node
  }

  private func walk(
    _ path: some Collection<UInt8>, from start: Int, followingLast: Bool, _ steps: inout Int
  ) throws(Dropped) -> Place {
    guard !path.isEmpty else { throw .noName }
    // The names that are still to be resolved, the next one last.
    var names = Self.names(path)
    var folder = start
    var links = 0
    while let name = names.popLast() {
      steps += 1
      if name == [0x2E] { continue }
      if name == [0x2E, 0x2E] {
        folder = nodes[folder].parent
        continue
      }
      guard name.count <= 255 else { throw .longName }
      guard let node = nodes[folder].children[Array(name)] else {
        if names.isEmpty { return Place(folder: folder, name: Array(name), node: nil) }
        throw .noFolder
      }
      switch nodes[node].type {
      case .symlink where followingLast || !names.isEmpty:
        links += 1
        guard links <= 40 else { throw .links }
        if nodes[node].target.first == UInt8(ascii: "/") { folder = 0 }
        names += Self.names(nodes[node].target)
      case _ where names.isEmpty:
        return Place(folder: folder, name: Array(name), node: node)
      case .directory: folder = node
      default: throw .notAFolder
      }
    }
    return Place(folder: nodes[folder].parent, name: [], node: folder)
  }

  /// The node at `path`, after following symbolic links.
  func existing(_ path: some Collection<UInt8>) throws(Dropped) -> Int {
    guard let node = try walk(path, followingLast: true).node else { throw .noFolder }
    if Array(path).last == UInt8(ascii: "/"), nodes[node].type != .directory { throw .notAFolder }
    return node
  }

  /// The node at `path`; `nil` if there is none. A symbolic link at the end is only followed if a slash ends the path.
  func found(_ path: [UInt8]) -> Int? {
    if path.last == UInt8(ascii: "/") { return try? existing(path) }
    return try? walk(path, followingLast: false).node
  }

  private static func names(_ path: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
    Array(path).split(separator: UInt8(ascii: "/")).reversed()
  }
}
