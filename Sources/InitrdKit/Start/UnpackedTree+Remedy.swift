extension UnpackedTree {
  /// A suggestion for a `path` that can't be opened: the file's path without symbolic links, or the most similar path.
  func remedy(for path: [UInt8]) -> String? {
    if let place = try? walk(path, followingLast: false), place.node != nil {
      return self.path(place).map { "its path without symbolic links is \(printable($0))" }
    }
    return nearest(to: path).map { "did you mean \($0)?" }
  }

  /// The path of a place without symbolic links; `nil` if it has more than 4,096 bytes.
  private func path(_ place: Place) -> [UInt8]? {
    var (folder, path) = (place.folder, place.name)
    while folder != 0, path.count <= 4096 {
      let parent = nodes[folder].parent
      let child = nodes[parent].children.first { $0.value == folder }
      path = (child?.key ?? []) + [UInt8(ascii: "/")] + path
      folder = parent
    }
    return folder == 0 ? path : nil
  }

  /// The path with its first missing name replaced by the most similar name in that directory.
  private func nearest(to path: [UInt8]) -> String? {
    var walked: [UInt8] = []
    for name in path.split(separator: UInt8(ascii: "/")) {
      let parent = walked
      walked += (walked.isEmpty ? [] : [UInt8(ascii: "/")]) + name
      if (try? existing(walked)) != nil { continue }
      guard let folder = parent.isEmpty ? 0 : try? existing(parent),
        let near = InitrdKit.nearest(
          to: printable(name), in: nodes[folder].children.keys.map { printable($0) })
      else { return nil }
      return parent.isEmpty ? near : printable(parent) + "/" + near
    }
    return nil
  }
}
