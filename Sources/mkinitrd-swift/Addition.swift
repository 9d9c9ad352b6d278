import ArgumentParser
import InitrdKit
import Synchronization

/// Something that `append` adds, as an option names it.
struct Addition {
  private enum Item {
    case file(source: String, path: ImagePath, isBelowPath: Bool, mode: UInt16?)
    case directory(ImagePath, mode: UInt16?)
    case symlink(ImagePath, target: [UInt8])
    case tree(String, path: ImagePath)
    case manifest(String)
  }

  /// Its place among all additions of the command line.
  let number: Int
  private let item: Item

  private static let count = Mutex(0)

  private init(_ item: Item) {
    // The parser reads the options in their order.
    number = Self.count.withLock { count in
      count += 1
      return count
    }
    self.item = item
  }

  /// `source:path` or `source:path:mode`.
  init(file text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard 2...3 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("expected SOURCE:PATH or SOURCE:PATH:MODE")
    }
    self.init(
      .file(
        source: String(parts[0]), path: try Self.path(parts[1]),
        isBelowPath: parts[1].utf8.last == UInt8(ascii: "/"),
        mode: try parts.count == 3 ? Self.mode(parts[2]) : nil))
  }

  /// `path` or `path:mode`.
  init(directory text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard 1...2 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("expected PATH or PATH:MODE")
    }
    self.init(
      .directory(try Self.path(parts[0]), mode: try parts.count == 2 ? Self.mode(parts[1]) : nil))
  }

  /// `path:target`; the target may have colons.
  init(symlink text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("expected PATH:TARGET")
    }
    self.init(.symlink(try Self.path(parts[0]), target: Array(parts[1].utf8)))
  }

  /// `directory` or `directory:path`.
  init(tree text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard 1...2 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("expected DIRECTORY or DIRECTORY:PATH")
    }
    self.init(.tree(String(parts[0]), path: try parts.count == 2 ? Self.path(parts[1]) : .root))
  }

  /// The file of a manifest.
  init(manifest text: String) throws {
    guard !text.isEmpty else { throw ValidationError("expected the file of a manifest") }
    self.init(.manifest(text))
  }

  private static func path(_ text: Substring) throws -> ImagePath {
    try parsed { () throws(InitrdError) in try ImagePath(String(text)) }
  }

  private static func mode(_ text: Substring) throws -> UInt16 {
    guard let mode = UInt16(text, radix: 8), mode <= 0o7777 else {
      throw ValidationError("\"\(text)\" is not an octal mode from 0 to 7777")
    }
    return mode
  }

  /// `uid:gid`.
  static func owner(_ text: String) throws -> Manifest.Owner {
    let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
    guard numbers.count == 2, let uid = numbers[0], let gid = numbers[1], uid != .max, gid != .max
    else { throw ValidationError("expected UID:GID, two numbers from 0 to 4294967294") }
    return Manifest.Owner(uid: uid, gid: gid)
  }

  /// The segments that are added: one for each manifest, and one for what is between two of them.
  static func manifests(
    of additions: [Addition], owner: Manifest.Owner?
  ) throws(InitrdError) -> [Manifest] {
    var manifests: [Manifest] = []
    var isOpen = false
    for addition in additions {
      if case .manifest(let file) = addition.item {
        manifests.append(try Input.manifest(file))
        isOpen = false
        continue
      }
      if !isOpen {
        manifests.append(Manifest())
        manifests[manifests.count - 1].isPartial = true
        isOpen = true
      }
      try addition.add(to: &manifests[manifests.count - 1], owner)
    }
    return manifests
  }

  /// How much of a pipe is held.
  private static let pipeLimit = 256 << 20

  private func add(
    to manifest: inout Manifest, _ owner: Manifest.Owner?
  ) throws(InitrdError) {
    func ownership(_ mode: UInt16?) -> Manifest.Ownership {
      Manifest.Ownership(mode: mode, uid: owner?.uid ?? 0, gid: owner?.gid ?? 0)
    }
    switch item {
    case .file(let source, let path, let isBelowPath, let mode):
      // What comes through a pipe is held.
      let bytes = try Input.pipeContents(source, limit: Self.pipeLimit)
      var file = Manifest.File(
        bytes.map { .content($0) } ?? .path(Self.besideUs(source)), dest: path,
        ownership: ownership(mode))
      file.isBelowDest = isBelowPath
      manifest.files.append(file)
    case .directory(let path, let mode):
      manifest.directories.append(Manifest.Directory(path, ownership: ownership(mode)))
    case .symlink(let path, let target):
      manifest.symlinks.append(Manifest.Symlink(path, target: target))
    case .tree(let source, let path):
      var tree = Manifest.Tree(Self.besideUs(source), dest: path)
      tree.owner = owner
      manifest.trees.append(tree)
    case .manifest: break
    }
  }

  /// A relative path is one of this directory, and not of a sysroot.
  private static func besideUs(_ path: String) -> String {
    path.utf8.first == UInt8(ascii: "/") ? path : "./\(path)"
  }
}
