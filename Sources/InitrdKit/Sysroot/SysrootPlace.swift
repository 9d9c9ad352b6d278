/// The place of a file in the sysroot, after all symbolic links in its path were followed.
package struct SysrootPlace: Equatable, Sendable {
  /// A symbolic link in the path.
  package struct Link: Hashable, Sendable {
    /// Its path in the sysroot, without a leading slash; none of its directories is a symbolic link.
    package var path: [UInt8]
    /// Its target.
    package var target: [UInt8]
  }

  /// The path in the sysroot, without a leading slash; no part of it is a symbolic link. That of the root is empty.
  package var path: [UInt8]
  /// The symbolic links in the path, in the order in which they are followed.
  package var links: [Link]
  /// The type.
  package var type: FileType
}

extension Sysroot {
  /// Resolves a path as the kernel would if the sysroot were `/`: absolute links start at the root, and `..` does not
  /// leave it.
  ///
  /// On many systems `/bin`, `/sbin` and `/lib` are links to directories in `/usr`. A path that does not exist in one of
  /// the two directories is looked up in the other.
  ///
  /// - Parameters:
  ///   - path: the path, with or without a leading slash.
  ///   - followingLast: whether a symbolic link at the end of the path is followed.
  /// - Returns: the place; `nil` if nothing exists there, or a symbolic link is broken.
  /// - Throws: `bad-input` for more than 40 symbolic links, like the kernel's ELOOP; `system`.
  package func place(
    of path: some Collection<UInt8>, followingLast: Bool = true
  ) throws(InitrdError) -> SysrootPlace? {
    let names = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    if let place = try walk(names, followingLast: followingLast) { return place }
    let merged: [[UInt8]] = ["bin", "sbin", "lib"].map { Array($0.utf8) }
    let usr = Array("usr".utf8)
    if names.count > 1, merged.contains(names[0]) {
      return try walk([usr] + names, followingLast: followingLast)
    }
    if names.count > 2, names[0] == usr, merged.contains(names[1]) {
      return try walk(Array(names.dropFirst()), followingLast: followingLast)
    }
    return nil
  }

  private func walk(
    _ names: [[UInt8]], followingLast: Bool
  ) throws(InitrdError) -> SysrootPlace? {
    // The names that are still to be resolved, the next one last.
    var rest = Array(names.reversed())
    var place = SysrootPlace(path: [], links: [], type: .directory)
    while let name = rest.popLast() {
      if name == [0x2E] { continue }
      guard place.type == .directory else { return nil }
      if name == [0x2E, 0x2E] {
        place.path.removeSubrange((place.path.lastIndex(of: UInt8(ascii: "/")) ?? 0)...)
        continue
      }
      let path = place.path.isEmpty ? name : place.path + [UInt8(ascii: "/")] + name
      guard path.count < 4096, let (type, target) = try entry(at: path) else { return nil }
      guard type == .symlink, followingLast || !rest.isEmpty else {
        (place.path, place.type) = (path, type)
        continue
      }
      place.links.append(.init(path: path, target: target))
      guard place.links.count <= 40 else {
        throw InitrdError(
          .badInput, "the path has more than 40 symbolic links",
          at: .init(file: display(String(decoding: path, as: UTF8.self))))
      }
      if target.first == UInt8(ascii: "/") { place.path = [] }
      rest += target.split(separator: UInt8(ascii: "/")).reversed().map { Array($0) }
    }
    return place
  }
}
