import Synchronization

/// Where content comes from: a folder that is looked into as if it were the root of a machine.
///
/// Links inside it, absolute ones too, never lead out of it, and nothing in it is ever executed.
public struct Sysroot: ~Copyable {
  /// The folder as the user named it.
  public let path: String
  private let folder: OpenFile
  private let opened = Mutex<Set<String>>([])

  /// The regular files that were opened so far, as they are named in messages, sorted.
  var inputs: [String] { opened.withLock { $0.sorted() } }

  /// Looks into the folder at `path`.
  ///
  /// - Throws: `missing` when there is no such folder.
  public init(_ path: String) throws(InitrdError) {
    guard let status = try OpenFile.status(of: path) else {
      throw InitrdError(
        .missing, "no such sysroot", at: .init(file: path),
        hint: "name another folder with --sysroot or the manifest's \"sysroot\"")
    }
    guard status.kind == .directory else {
      throw InitrdError(.badInput, "the sysroot is not a folder", at: .init(file: path))
    }
    let folder = try OpenFile(reading: path)
    self.path = path
    self.folder = folder
  }

  /// How the file at `path` of the sysroot is named in messages.
  public func display(_ path: String) -> String {
    let inside = path.drop { $0 == "/" }
    return self.path.hasSuffix("/") ? self.path + inside : "\(self.path)/\(inside)"
  }

  /// Opens what is at `path`; `nil` when there is nothing.
  ///
  /// A system with merged folders has `/lib` in `/usr/lib`: where one of the two has nothing, the other is
  /// looked at, for `bin`, `sbin` and `lib`.
  public func open(_ path: String) throws(InitrdError) -> OpenFile? {
    let inside = String(path.drop { $0 == "/" })
    let name = display(path)
    if let file = try folder.opening(inRoot: inside.isEmpty ? "." : inside, name: name) {
      return file
    }
    for prefix in ["bin/", "sbin/", "lib/"] {
      let other: String
      if inside.hasPrefix(prefix) {
        other = "usr/" + inside
      } else if inside.hasPrefix("usr/" + prefix) {
        other = String(inside.dropFirst(4))
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
  public func openFile(_ path: String) throws(InitrdError) -> OpenFile? {
    guard let file = try open(path) else { return nil }
    try Self.requireRegular(file)
    opened.withLock { _ = $0.insert(file.name) }
    return file
  }

  static func requireRegular(_ file: borrowing OpenFile) throws(InitrdError) {
    guard try file.status().kind == .regular else {
      throw InitrdError(.badInput, "not a regular file", at: .init(file: file.name))
    }
  }

  /// The content of the regular file at `path`; `nil` when there is nothing.
  func contents(_ path: String, limit: Int) throws(InitrdError) -> [UInt8]? {
    guard let file = try openFile(path) else { return nil }
    return try file.contents(limit: limit)
  }

  /// The lines of the text file at `path`, without their ends; `nil` when there is no such file.
  func lines(_ path: String, limit: Int = 64 << 20) throws(InitrdError) -> [ArraySlice<UInt8>]? {
    try contents(path, limit: limit)?.split(separator: UInt8(ascii: "\n"))
  }

  /// The names in the folder at `path`, sorted by bytes; `nil` when there is no such folder.
  func entries(_ path: String) throws(InitrdError) -> [[UInt8]]? {
    guard let folder = try open(path), try folder.status().kind == .directory else { return nil }
    return try folder.directoryEntries()
  }
}
