import Synchronization

/// The directory from which content is taken, treated as the root of a machine.
///
/// Symbolic links in it, also absolute ones, never lead out of it. Nothing in it is ever executed.
package struct Sysroot: ~Copyable {
  /// The path as the user gave it.
  package let path: String
  private let folder: OpenFile
  private let opened = Mutex<Set<String>>([])

  /// The inputs of the image: the files that were read and the directories that were listed so far, by their names in
  /// messages, sorted. Files whose content is not used are left out.
  var inputs: [String] { opened.withLock { $0.sorted() } }

  /// Opens the directory at `path`.
  ///
  /// - Throws: `missing` if it does not exist, `bad-input` if it is not a directory.
  package init(_ path: String) throws(InitrdError) {
    guard let status = try OpenFile.status(of: path) else {
      throw InitrdError(
        .missing, "the sysroot does not exist", at: .init(file: path),
        remedy: "set another directory with --sysroot or the manifest's \"sysroot\"")
    }
    guard status.kind == .directory else {
      throw InitrdError(.badInput, "the sysroot is not a directory", at: .init(file: path))
    }
    let folder = try OpenFile(reading: path)
    self.path = path
    self.folder = folder
  }

  /// The name in messages of the file at `path` in the sysroot.
  package func display(_ path: String) -> String {
    let inside = Self.relative(path)
    return self.path.utf8.last == UInt8(ascii: "/") ? self.path + inside : "\(self.path)/\(inside)"
  }

  /// `path` without slashes at its start. Bytes are compared, because a slash and a combining character are one
  /// `Character`.
  private static func relative(_ path: String) -> String {
    String(decoding: path.utf8.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
  }

  /// Opens the file or directory at `path`; `nil` if it does not exist.
  ///
  /// On many systems `/bin`, `/sbin` and `/lib` are links to directories in `/usr`. A path that does not exist in one
  /// of the two directories is looked up in the other.
  package func open(_ path: String) throws(InitrdError) -> OpenFile? {
    let inside = Self.relative(path)
    let name = display(path)
    if let file = try folder.opening(inRoot: inside.isEmpty ? "." : inside, name: name) {
      return file
    }
    for prefix in ["bin/", "sbin/", "lib/"] {
      let other: String
      if inside.utf8.starts(with: prefix.utf8) {
        other = "usr/" + inside
      } else if inside.utf8.starts(with: "usr/\(prefix)".utf8) {
        other = String(decoding: inside.utf8.dropFirst(4), as: UTF8.self)
      } else {
        continue
      }
      return try folder.opening(inRoot: other, name: display(other))
    }
    return nil
  }

  /// Opens the regular file at `path`; `nil` if it does not exist.
  ///
  /// - Throws: `bad-input` for a directory, device, fifo or socket.
  package func openFile(_ path: String) throws(InitrdError) -> OpenFile? {
    guard let file = try open(path) else { return nil }
    try file.requireRegular()
    opened.withLock { _ = $0.insert(file.name) }
    return file
  }

  /// Whether there is a directory at `path`.
  func isFolder(_ path: String) throws(InitrdError) -> Bool {
    guard let file = try open(path) else { return false }
    return try file.status().kind == .directory
  }

  /// Whether there is a regular file at `path`.
  func isFile(_ path: String) throws(InitrdError) -> Bool {
    guard let file = try open(path) else { return false }
    return try file.status().kind == .regular
  }

  /// The target of the symbolic link at `path`; `nil` if there is none.
  func linkTarget(_ path: String) throws(InitrdError) -> [UInt8]? {
    try folder.linkTarget(inRoot: Self.relative(path), name: display(path))
  }

  /// The type of the entry at a path, and the target if it is a symbolic link; `nil` if it does not exist. The
  /// directories in the path must not be symbolic links.
  func entry(at path: [UInt8]) throws(InitrdError) -> (type: FileType, target: [UInt8])? {
    let name = display(String(decoding: path, as: UTF8.self))
    guard let (status, target) = try folder.entry(inRoot: path, name: name), let type = status.kind
    else { return nil }
    return (type, target)
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
  func entries(_ path: String) throws(InitrdError) -> [[UInt8]]? {
    guard let folder = try open(path), try folder.status().kind == .directory else { return nil }
    opened.withLock { _ = $0.insert(folder.name) }
    return try folder.directoryEntries()
  }
}
