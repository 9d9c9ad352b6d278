extension UnpackedTree {
  /// Where a path leads.
  struct Place {
    /// The folder that has the last name.
    var folder: Int
    /// The last name; empty for what has none of its own: the root, and what ends with `.` or `..`.
    var name: [UInt8]
    /// What has the name; `nil` for nothing.
    var node: Int?
  }

  /// Walks a path as the kernel does: `..` stays in the root, links lead on, 40 of them.
  ///
  /// - Parameters:
  ///   - path: the path; the root's own is `/`.
  ///   - start: the folder that it starts in; the root by default.
  ///   - followingLast: whether the last name is followed if it is a symbolic link.
  /// - Returns: where it leads, also when nothing has the last name.
  /// - Throws: why it leads nowhere.
  func walk(
    _ path: some Collection<UInt8>, from start: Int = 0, followingLast: Bool
  ) throws(Dropped) -> Place {
    var steps = 0
    return try walk(path, from: start, followingLast: followingLast, &steps)
  }

  /// The same for an entry, of which the steps are counted.
  mutating func reach(
    _ path: some Collection<UInt8>, from start: Int = 0, followingLast: Bool
  ) throws(Dropped) -> Place {
    var count = 0
    defer { steps += count }
    return try walk(path, from: start, followingLast: followingLast, &count)
  }

  /// What has the name `path`, links followed, with the steps on the way counted; `nil` for nothing.
  func existing(_ path: some Collection<UInt8>, counting steps: inout Int) -> Int? {
    try? walk(path, from: 0, followingLast: true, &steps).node
  }

  private func walk(
    _ path: some Collection<UInt8>, from start: Int, followingLast: Bool, _ steps: inout Int
  ) throws(Dropped) -> Place {
    guard !path.isEmpty else { throw .noName }
    // What is still to be walked, the next one last.
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

  /// What has the name `path`, links followed.
  func existing(_ path: some Collection<UInt8>) throws(Dropped) -> Int {
    guard let node = try walk(path, followingLast: true).node else { throw .noFolder }
    if Array(path).last == UInt8(ascii: "/"), nodes[node].type != .directory { throw .notAFolder }
    return node
  }

  /// What has the name `path`, a symbolic link itself unless a slash ends the path; `nil` for nothing.
  func found(_ path: [UInt8]) -> Int? {
    if path.last == UInt8(ascii: "/") { return try? existing(path) }
    return try? walk(path, followingLast: false).node
  }

  private static func names(_ path: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
    Array(path).split(separator: UInt8(ascii: "/")).reversed()
  }
}
