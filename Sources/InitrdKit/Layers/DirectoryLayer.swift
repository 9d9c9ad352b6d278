/// A directory as a layer. It is read when something is looked up.
final class DirectoryLayer: Layer {
  let name: String
  let root: OpenFile

  /// - Throws: `system`.
  init(_ path: String) throws(InitrdError) {
    name = path
    root = try OpenFile(reading: path)
  }

  private func display(_ path: [UInt8]) -> String {
    displayPath(String(decoding: path, as: UTF8.self), below: name)
  }

  func entry(at path: [UInt8]) throws(InitrdError) -> LayerEntry? {
    guard
      let (status, target) = try root.entry(
        inRoot: path.isEmpty ? [UInt8(ascii: ".")] : path, name: display(path)),
      let type = status.kind
    else { return nil }
    return LayerEntry(
      type: type, mode: status.mode, uid: status.uid, gid: status.gid, size: status.size,
      target: target, major: status.major, minor: status.minor,
      identity: .init(device: status.device, inode: status.inode, changed: status.changed))
  }

  func names(in path: [UInt8]) throws(InitrdError) -> [[UInt8]]? {
    guard try entry(at: path)?.type == .directory, let directory = try open(path) else {
      return nil
    }
    return try directory.directoryEntries()
  }

  func open(_ path: [UInt8]) throws(InitrdError) -> OpenFile? {
    try root.opening(
      inRoot: path.isEmpty ? [UInt8(ascii: ".")] : path, name: display(path))
  }
}
