/// Directories that a manifest names, and remedies for missing files.
extension SourceFiles {
  /// The directory that a path of the manifest names, as a tree; `nil` if it does not exist.
  ///
  /// - Throws: `bad-input` if it is not a directory.
  func tree(_ path: String) throws(InitrdError) -> (any TreeSource)? {
    let layers = sysroot.layers.layers
    guard Self.isBesideManifest(path) || layers.count == 1 && layers[0] is DirectoryLayer else {
      guard let place = try sysroot.place(of: path.utf8) else { return nil }
      try requireDirectory(place.type, path)
      return StackTree(place, of: sysroot.layers, name: display(path))
    }
    guard let directory = try openAny(path) else { return nil }
    try requireDirectory(try directory.status().kind, path)
    return DirectoryTree(
      directory, at: Self.isBesideManifest(path) ? .host(hostPath(path)) : .sysroot(path))
  }

  private func requireDirectory(_ type: FileType?, _ path: String) throws(InitrdError) {
    guard type != .directory else { return }
    throw InitrdError(
      .badInput, "not a directory", at: .init(file: display(path)),
      remedy: "name the directory, or use \"files\" for a single file")
  }

  /// The type of what a path of the manifest names, links followed; `nil` if it does not exist.
  func type(of path: String) throws(InitrdError) -> FileType? {
    guard Self.isBesideManifest(path) else { return try sysroot.place(of: path.utf8)?.type }
    return try OpenFile.status(of: hostPath(path))?.kind
  }

  /// The names in a directory that a path of the manifest names; none if there is no such directory.
  func names(in path: String) throws(InitrdError) -> [[UInt8]] {
    guard try type(of: path) == .directory else { return [] }
    guard Self.isBesideManifest(path) else { return try sysroot.entries(path) ?? [] }
    return try openAny(path)?.directoryEntries() ?? []
  }

  private func openAny(_ path: String) throws(InitrdError) -> OpenFile? {
    guard Self.isBesideManifest(path) else { return try sysroot.open(path) }
    let path = hostPath(path)
    guard try OpenFile.status(of: path) != nil else { return nil }
    return try OpenFile(reading: path)
  }

  /// What to do if a path of the manifest does not exist.
  func remedy(forMissing path: String) throws(InitrdError) -> String? {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    if !Self.isBesideManifest(path) {
      if !isAbsolute, try OpenFile.status(of: hostPath(path)) != nil {
        return
          "the path is one in the sysroot: write \"./\(printable(path.utf8))\" for the file in the manifest's directory"
      }
      if isAbsolute, try OpenFile.status(of: path) != nil {
        return "\(printable(path.utf8)) exists on this machine, but the path is one in the sysroot;"
          + " a path that begins with ./ or ../ is relative to the manifest"
      }
    }
    return try nearest(to: path).map { "did you mean \"\(printable($0.utf8))\"?" }
  }

  /// A path that exists, at least in part: with another name for the first part that does not.
  private func nearest(to path: String) throws(InitrdError) -> String? {
    let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    var known = path.utf8.first == UInt8(ascii: "/") ? "/" : ""
    for (index, name) in names.enumerated() {
      if try type(of: "\(known)\(name)/") != nil {
        known += name + "/"
        continue
      }
      let others = try self.names(in: known.isEmpty ? "/" : known)
        .compactMap { String(validating: $0, as: UTF8.self) }
      return InitrdKit.nearest(to: name, in: others).map { near in
        ([known + near] + names[(index + 1)...]).joined(separator: "/")
      }
    }
    return nil
  }
}
