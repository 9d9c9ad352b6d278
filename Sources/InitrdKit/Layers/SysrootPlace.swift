/// The place of a file in the sysroot, after all symbolic links on the way to it.
package struct SysrootPlace: Sendable {
  /// A symbolic link on the way.
  package struct Link: Hashable, Sendable {
    /// Its path in the sysroot, without a leading slash; no directory of it is a link.
    package var path: [UInt8]
    /// Its target.
    package var target: [UInt8]
  }

  /// The path in the sysroot, without a leading slash; no part of it is a symbolic link. The root's is empty.
  package var path: [UInt8]
  /// The symbolic links on the way, in the order in which they are followed.
  package var links: [Link]
  /// The type.
  package var type: FileType
  /// What the layer has; `nil` for the root.
  var found: LayerStack.Found?
  /// The merged directory, for a directory.
  var directory: LayerStack.Directory
}

extension LayerStack {
  /// Follows a path as the kernel would if the stack were `/`: absolute links start at the root, and `..` stays in it.
  ///
  /// A root with merged directories has `/lib` in `/usr/lib`: where one of the two has nothing, the other is searched,
  /// for `bin`, `sbin`, `lib` and `lib64`.
  ///
  /// - Parameters:
  ///   - path: the path, with or without a leading slash.
  ///   - followingLast: whether a symbolic link at the end of the path is followed.
  /// - Returns: the place; `nil` when there is nothing, or when a link leads nowhere.
  /// - Throws: `bad-input` for more than 40 links, as the kernel's ELOOP; `system`.
  func place(
    of path: some Collection<UInt8>, followingLast: Bool = true
  ) throws(InitrdError) -> SysrootPlace? {
    let names = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    if let place = try walk(names, followingLast: followingLast) { return place }
    let merged: [[UInt8]] = ["bin", "sbin", "lib", "lib64"].map { Array($0.utf8) }
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
    // The names that are still to be walked, the next one last; and after how many of them hidden directories join.
    var rest = Array(names.reversed())
    var hidden: [(left: Int, child: Child)] = []
    // The way from the root, for `..`.
    var way = [(name: [UInt8](), directory: root)]
    var place = SysrootPlace(path: [], links: [], type: .directory, directory: root)
    while let name = rest.popLast() {
      guard place.type == .directory else { return nil }
      if name == [0x2E, 0x2E] {
        if way.count > 1 { way.removeLast() }
        place.found = nil
      } else if name != [0x2E] {
        guard let child = try child(name, of: way[way.count - 1].directory) else { return nil }
        var link = child.link
        if let covered = link, child.found.entry.type != .symlink,
          try !leadsToDirectory(covered, from: way)
        {
          link = nil
        }
        if let link, followingLast || !rest.isEmpty {
          let target = link.entry.target
          place.links.append(.init(path: Self.path(way, name), target: target))
          guard place.links.count <= 40 else {
            throw InitrdError(
              .badInput, "more than 40 symbolic links on the way to it",
              at: .init(file: "\(layers[link.layer].name)/\(printable(link.path))"))
          }
          hidden.append((rest.count, child))
          if target.first == UInt8(ascii: "/") { way.removeLast(way.count - 1) }
          rest += target.split(separator: UInt8(ascii: "/")).reversed().map { Array($0) }
        } else {
          (place.type, place.found) = (child.found.entry.type, child.found)
          guard place.type == .directory else {
            place.path = Self.path(way, name)
            guard place.path.count < 4096 else { return nil }
            continue
          }
          way.append((name, child.above))
        }
      }
      // The end of a link's target: what the link hides joins the directory.
      while let (left, child) = hidden.last, left >= rest.count {
        hidden.removeLast()
        let last = way.count - 1
        way[last].directory = merged(child.above, way[last].directory, child.below)
      }
      place.directory = way[way.count - 1].directory
      place.path = Self.path(way.dropLast(), way[way.count - 1].name)
      guard place.path.count < 4096 else { return nil }
    }
    return place
  }

  /// Whether a link that a directory covers leads to a directory: only then the two merge.
  private func leadsToDirectory(
    _ link: Found, from way: [(name: [UInt8], directory: Directory)]
  ) throws(InitrdError) -> Bool {
    let target = link.entry.target
    let start = target.first == UInt8(ascii: "/") ? [] : Self.path(way, []) + [UInt8(ascii: "/")]
    // Without the layers of the covering directory, so that the question does not come up again.
    return try below(link.layer).place(of: start + target)?.type == .directory
  }

  private static func path(
    _ way: some Collection<(name: [UInt8], directory: Directory)>, _ name: [UInt8]
  ) -> [UInt8] {
    let names = way.dropFirst().map(\.name) + (name.isEmpty ? [] : [name])
    return Array(names.joined(separator: [UInt8(ascii: "/")]))
  }
}
