extension Sysroot: FileTree {
  /// The limit for configuration files, in bytes.
  private static let maxText = 1 << 20

  private static func string(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

  func file(at path: [UInt8], counting steps: inout Int) throws(InitrdError) -> TreeFile? {
    steps += 1
    guard let place = try place(of: path), place.type == .regular else { return nil }
    return TreeFile(identity: .path(place.path), place: place)
  }

  func directory(at path: [UInt8], counting steps: inout Int) throws(InitrdError) -> FileIdentity? {
    steps += 1
    guard let place = try place(of: path), place.type == .directory else { return nil }
    return .path(place.path)
  }

  func realDirectory(of path: [UInt8], counting steps: inout Int) throws(InitrdError) -> [UInt8]? {
    steps += 1
    guard let place = try place(of: path) else { return nil }
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
