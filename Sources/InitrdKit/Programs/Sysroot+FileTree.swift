extension SysrootPlace {
  /// Whether links do not lead from a path with these names to here: the sysroot was searched as if it had one of the
  /// links `/bin`, `/sbin`, `/lib` or `/lib64` to the directory in `/usr`, or from there.
  func isElsewhere(than names: [some Collection<UInt8>]) -> Bool {
    let slash = UInt8(ascii: "/")
    // A path with `..` is not compared.
    if names.contains(where: { $0.elementsEqual("..".utf8) }) { return false }
    guard let first = links.first else {
      return !path.elementsEqual(Array(names.map { Array($0) }.joined(separator: [slash])))
    }
    let start = first.path.split(separator: slash)
    return start.count > names.count || !zip(start, names).allSatisfy { $0.elementsEqual($1) }
  }
}

extension Sysroot: FileTree {
  /// The limit for configuration files, in bytes.
  private static let maxText = 1 << 20

  private static func string(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

  /// What is at `path`. The dynamic linker passes over a path through too many links, like one that does not exist.
  ///
  /// A file of `/lib` that is in `/usr/lib` counts only where the sysroot has no such directory in `/lib`: unpacked
  /// packages have no links of merged directories, and other systems have different files in both.
  private func existing(_ path: [UInt8]) throws(InitrdError) -> SysrootPlace? {
    do {
      guard let place = try place(of: path) else { return nil }
      let names = plainNames(path)
      if names.count > 1, place.isElsewhere(than: names) {
        let parent = names.dropLast()
        let folder = try self.place(of: Array(parent.joined(separator: [UInt8(ascii: "/")])))
        if folder?.isElsewhere(than: Array(parent)) == false { return nil }
      }
      return place
    } catch {
      guard error.code == .badInput else { throw error }
      return nil
    }
  }

  func file(at path: [UInt8], counting steps: inout Int) throws(InitrdError) -> TreeFile? {
    steps += 1
    guard let place = try existing(path), place.type == .regular else { return nil }
    return TreeFile(identity: .path(place.path), place: place)
  }

  func directory(at path: [UInt8], counting steps: inout Int) throws(InitrdError) -> FileIdentity? {
    steps += 1
    guard let place = try existing(path), place.type == .directory else { return nil }
    return .path(place.path)
  }

  func realDirectory(of path: [UInt8], counting steps: inout Int) throws(InitrdError) -> [UInt8]? {
    steps += 1
    guard let place = try existing(path) else { return nil }
    let slash = UInt8(ascii: "/")
    let path = [slash] + place.path
    return Array(path[..<(path.lastIndex(of: slash) ?? 0)])
  }

  func names(in path: [UInt8]) throws(InitrdError) -> [[UInt8]] {
    try entries(Self.string(path)) ?? []
  }

  func text(at path: [UInt8]) throws(InitrdError) -> [UInt8]? {
    guard try isFile(Self.string(path)) else { return nil }
    return try contents(Self.string(path), limit: Self.maxText)
  }

  func content(of file: TreeFile) throws(InitrdError) -> ProgramContent {
    guard let place = file.place, let opened = try open(Self.string(place.path)) else {
      return .other
    }
    let size = try opened.status().size
    let bytes = FileBytes(opened, size: size)
    do { return try ProgramContent(reading: bytes) } catch { throw error.inFile(bytes.file.name) }
  }

  /// Every directory that a cache is made of is searched.
  func cachedPath(of library: [UInt8]) -> [UInt8]? { nil }
}
