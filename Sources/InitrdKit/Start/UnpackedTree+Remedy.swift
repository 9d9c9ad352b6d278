extension UnpackedTree {
  /// What to look for instead of `path`: the same file by its path without links, or the path that this one is most
  /// likely a slip for.
  func remedy(for path: [UInt8]) -> String? {
    if let place = try? walk(path, followingLast: false), place.node != nil {
      return self.path(place).map { "it is \(printable($0)) there" }
    }
    return nearest(to: path).map { "did you mean \($0)?" }
  }

  /// The place's path without links; `nil` when it is over 4,096 bytes.
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

  /// Goes by the first name that is not there, and what else is in that folder.
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
