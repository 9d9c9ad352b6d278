import Synchronization

/// The layers from which content is taken, treated as the root of a machine.
///
/// Symbolic links in it, also absolute ones, never lead out of it. Nothing in it is ever executed.
package final class Sysroot: Sendable {
  /// The layers as the user named them, joined by ` + `; the path of a single layer.
  package let path: String
  /// The layers.
  let layers: LayerStack
  private let opened = Mutex<Set<String>>([])
  /// The only layer, if it is a directory: the kernel follows its links, which is faster.
  private let directory: DirectoryLayer?

  /// The inputs of the image: the archives that are layers, the files that were read and the directories that were listed
  /// so far, by their names in messages, sorted. Files whose content is not used are left out.
  var inputs: [String] { opened.withLock { $0.sorted() } }

  /// Opens a sysroot of one layer.
  ///
  /// - Throws: `missing` if it does not exist, `bad-input` if it is not a layer.
  package convenience init(_ path: String) throws(InitrdError) { try self.init([path]) }

  /// Opens a sysroot of several layers; the first one is the lowest.
  ///
  /// - Throws: as ``LayerStack/init(_:architecture:)``.
  package init(
    _ paths: [String], architecture: Architecture? = nil
  ) throws(InitrdError) {
    path = paths.joined(separator: " + ")
    layers = try LayerStack(paths, architecture: architecture)
    directory = layers.layers.count == 1 ? layers.layers[0] as? DirectoryLayer : nil
    let archives = layers.layers.filter { $0 is ArchiveLayer }.map(\.name)
    opened.withLock { $0.formUnion(archives.map(OCIReference.file(of:))) }
  }

  /// The name in messages of the file at `path` in the sysroot.
  package func display(_ path: String) -> String {
    let inside = Self.relative(path)
    guard layers.layers.count == 1 else { return "\(inside) in \(self.path)" }
    return displayPath(inside, below: self.path)
  }

  /// `path` without slashes at its start. Bytes are compared, because a slash and a combining character are one
  /// `Character`.
  private static func relative(_ path: String) -> String {
    String(decoding: path.utf8.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
  }

  /// The place of `path`; see ``LayerStack/place(of:followingLast:)``.
  package func place(
    of path: some Collection<UInt8>, followingLast: Bool = true
  ) throws(InitrdError) -> SysrootPlace? {
    try layers.place(of: path, followingLast: followingLast)
  }

  /// The file at `path` in its layer; `nil` if it does not exist, or if the only layer is a directory.
  func placeInStack(_ path: String) throws(InitrdError) -> LayerStack.Found? {
    directory == nil ? try place(of: path.utf8)?.found : nil
  }

  /// Opens the file or directory at `path`; `nil` if it does not exist, or is a directory of an archive.
  ///
  /// On many systems `/bin`, `/sbin` and `/lib` are links to directories in `/usr`. A path that does not exist in one
  /// of the two directories is looked up in the other.
  package func open(_ path: String) throws(InitrdError) -> OpenFile? {
    if let directory { return try open(path, in: directory) }
    guard let found = try place(of: path.utf8)?.found else { return nil }
    return try layers.open(found)
  }

  private func open(
    _ path: String, in layer: borrowing DirectoryLayer
  ) throws(InitrdError) -> OpenFile? {
    let inside = Self.relative(path)
    let name = display(path)
    if let file = try layer.root.opening(inRoot: inside.isEmpty ? "." : inside, name: name) {
      return file
    }
    for prefix in ["bin/", "sbin/", "lib/", "lib64/"] {
      let other: String
      if inside.utf8.starts(with: prefix.utf8) {
        other = "usr/" + inside
      } else if inside.utf8.starts(with: "usr/\(prefix)".utf8) {
        other = String(decoding: inside.utf8.dropFirst(4), as: UTF8.self)
      } else {
        continue
      }
      return try layer.root.opening(inRoot: other, name: display(other))
    }
    return nil
  }

  /// Opens the regular file at `path`; `nil` if it does not exist.
  ///
  /// - Throws: `bad-input` for a directory, device, fifo or socket.
  package func openFile(_ path: String) throws(InitrdError) -> OpenFile? {
    guard directory == nil else {
      guard let file = try open(path) else { return nil }
      try file.requireRegular()
      opened.withLock { _ = $0.insert(file.name) }
      return file
    }
    guard let place = try place(of: path.utf8) else { return nil }
    guard place.type == .regular, let found = place.found else {
      throw InitrdError(
        .badInput,
        place.type == .directory
          ? "a directory, where a file is needed" : "not a regular file",
        at: .init(file: display(path)))
    }
    guard let file = try layers.open(found) else { return nil }
    if layers.layers[found.layer] is DirectoryLayer {
      opened.withLock { _ = $0.insert(file.name) }
    }
    return file
  }

  /// Whether there is a directory at `path`.
  func isFolder(_ path: String) throws(InitrdError) -> Bool {
    try type(at: path) == .directory
  }

  /// Whether there is a regular file at `path`.
  func isFile(_ path: String) throws(InitrdError) -> Bool {
    try type(at: path) == .regular
  }

  private func type(at path: String) throws(InitrdError) -> FileType? {
    guard directory != nil else { return try place(of: path.utf8)?.type }
    guard let file = try open(path) else { return nil }
    return try file.status().kind
  }

  /// The target of the symbolic link at `path`; `nil` if there is none.
  func linkTarget(_ path: String) throws(InitrdError) -> [UInt8]? {
    guard let place = try place(of: path.utf8, followingLast: false), place.type == .symlink else {
      return nil
    }
    return place.found?.entry.target
  }

  /// The content of the regular file at `path`, of at most `limit` bytes; `nil` if it does not exist.
  func contents(_ path: String, limit: Int) throws(InitrdError) -> [UInt8]? {
    guard let file = try openFile(path) else { return nil }
    return try file.contents(limit: limit)
  }

  /// The content of the regular file at `path`, which is not added to ``inputs``: an example of many files with the
  /// same property.
  func contentsOfExample(_ path: String, limit: Int) throws(InitrdError) -> [UInt8]? {
    guard let file = try open(path) else { return nil }
    try file.requireRegular()
    return try file.contents(limit: limit)
  }

  /// The lines of the text file at `path`, without line ends; `nil` if it does not exist.
  func lines(_ path: String, limit: Int = 64 << 20) throws(InitrdError) -> [ArraySlice<UInt8>]? {
    try contents(path, limit: limit)?
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  /// The names in the directory at `path`, sorted by bytes; `nil` if it does not exist.
  package func entries(_ path: String) throws(InitrdError) -> [[UInt8]]? {
    guard let place = try place(of: path.utf8), place.type == .directory else { return nil }
    for (layer, path) in place.directory.parts where layers.layers[layer] is DirectoryLayer {
      let name = displayPath(
        String(decoding: path, as: UTF8.self), below: layers.layers[layer].name)
      opened.withLock { _ = $0.insert(name) }
    }
    return try layers.names(in: place.directory)
  }
}
