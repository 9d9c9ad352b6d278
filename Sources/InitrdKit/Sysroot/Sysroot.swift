import Synchronization

/// Where content comes from: a folder that is looked into as if it were the root of a machine.
///
/// Links inside it, absolute ones too, never lead out of it, and nothing in it is ever executed.
package struct Sysroot: ~Copyable {
  /// The folder as the user named it.
  package let path: String
  private let folder: OpenFile
  private let opened = Mutex<Set<String>>([])

  /// What the image depends on: the files that were read and the directories that were listed so far, as they are named
  /// in messages, sorted. A file that was only looked at is not among them.
  var inputs: [String] { opened.withLock { $0.sorted() } }

  /// Looks into the folder at `path`.
  ///
  /// - Throws: `missing` when there is no such folder.
  package init(_ path: String) throws(InitrdError) {
    guard let status = try OpenFile.status(of: path) else {
      throw InitrdError(
        .missing, "no such sysroot", at: .init(file: path),
        remedy: "name another folder with --sysroot or the manifest's \"sysroot\"")
    }
    guard status.kind == .directory else {
      throw InitrdError(.badInput, "the sysroot is not a folder", at: .init(file: path))
    }
    let folder = try OpenFile(reading: path)
    self.path = path
    self.folder = folder
  }

  /// How the file at `path` of the sysroot is named in messages.
  package func display(_ path: String) -> String {
    let inside = Self.relative(path)
    return self.path.utf8.last == UInt8(ascii: "/") ? self.path + inside : "\(self.path)/\(inside)"
  }

  /// `path` without slashes at its start, by bytes: a letter may follow a slash and be one with it as a character.
  private static func relative(_ path: String) -> String {
    String(decoding: path.utf8.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
  }

  /// Opens what is at `path`; `nil` when there is nothing.
  ///
  /// A system with merged folders has `/lib` in `/usr/lib`: where one of the two has nothing, the other is
  /// looked at, for `bin`, `sbin` and `lib`.
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

  /// Opens the regular file at `path`; `nil` when there is nothing.
  ///
  /// - Throws: `bad-input` for a folder, device, fifo or socket.
  package func openFile(_ path: String) throws(InitrdError) -> OpenFile? {
    guard let file = try open(path) else { return nil }
    try Self.requireRegular(file)
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

  /// Where the symbolic link at `path` leads, as it says itself; `nil` when there is none.
  func linkTarget(_ path: String) throws(InitrdError) -> [UInt8]? {
    try folder.linkTarget(inRoot: Self.relative(path), name: display(path))
  }

  /// The type at a path whose directories are no links, and the target of a symbolic link; `nil` when there is nothing.
  func entry(at path: [UInt8]) throws(InitrdError) -> (type: FileType, target: [UInt8])? {
    let name = display(String(decoding: path, as: UTF8.self))
    guard let (status, target) = try folder.entry(inRoot: path, name: name), let type = status.kind
    else { return nil }
    return (type, target)
  }

  static func requireRegular(_ file: borrowing OpenFile) throws(InitrdError) {
    let kind = try file.status().kind
    guard kind == .regular else {
      let what = kind == .directory ? "a folder, where a file is needed" : "not a regular file"
      throw InitrdError(.badInput, what, at: .init(file: file.name))
    }
  }

  /// The content of the regular file at `path`; `nil` when there is nothing.
  func contents(_ path: String, limit: Int) throws(InitrdError) -> [UInt8]? {
    guard let file = try openFile(path) else { return nil }
    return try file.contents(limit: limit)
  }

  /// The content of the regular file at `path`, of which the image has nothing: one of many that tell the same.
  func contentsOfExample(_ path: String, limit: Int) throws(InitrdError) -> [UInt8]? {
    guard let file = try open(path) else { return nil }
    try Self.requireRegular(file)
    return try file.contents(limit: limit)
  }

  /// The lines of the text file at `path`, without their ends; `nil` when there is no such file.
  func lines(_ path: String, limit: Int = 64 << 20) throws(InitrdError) -> [ArraySlice<UInt8>]? {
    try contents(path, limit: limit)?
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  /// The names in the folder at `path`, sorted by bytes; `nil` when there is no such folder.
  func entries(_ path: String) throws(InitrdError) -> [[UInt8]]? {
    guard let folder = try open(path), try folder.status().kind == .directory else { return nil }
    opened.withLock { _ = $0.insert(folder.name) }
    return try folder.directoryEntries()
  }
}
