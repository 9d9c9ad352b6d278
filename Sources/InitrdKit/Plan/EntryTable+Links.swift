/// Symbolic links of trees, through which the kernel puts what goes below them.
///
/// With a tree in which `/bin` is a link to `usr/bin`, busybox goes to `/usr/bin/busybox`: an archive can't have an entry
/// below a link, because its directory may come later in the archive.
extension EntryTable {
  /// The path at which an entry for `path` is placed: the links of trees on the way are followed.
  ///
  /// - Parameters:
  ///   - path: the path.
  ///   - followingLast: whether a link at the end of the path is followed.
  /// - Returns: the path; unchanged if a link leads nowhere, which is then a conflict.
  func place(of path: ImagePath, followingLast: Bool = false) -> ImagePath {
    // Nearly all entries come after the directory that they are in, which is at its place already.
    if let parent = path.parent, parent == .root || isDirectory(parent),
      !followingLast || treeLink(path) == nil
    {
      return path
    }
    var rest = Array(path.bytes.split(separator: UInt8(ascii: "/")).reversed())
    var place = ImagePath.root
    var followed = 0
    while let name = rest.popLast() {
      if name == [0x2E, 0x2E] {
        place = place.parent ?? .root
        continue
      }
      guard name != [0x2E] else { continue }
      // A link that leads nowhere possible leaves the path as it is, which is then a conflict.
      guard let next = try? place.appending(name) else { return path }
      guard followingLast || !rest.isEmpty, let target = treeLink(next) else {
        place = next
        continue
      }
      followed += 1
      guard followed <= 40 else { return path }
      if target.first == UInt8(ascii: "/") { place = .root }
      rest += target.split(separator: UInt8(ascii: "/")).reversed()
    }
    return place == .root ? path : place
  }
}
