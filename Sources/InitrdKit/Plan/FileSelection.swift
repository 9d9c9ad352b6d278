/// What the source of an item of `files` stands for.
enum FileSelection {
  /// One file, which may be missing.
  case file
  /// A directory with everything in it.
  case directory
  /// What matches a pattern below a directory.
  case matches(TreePattern, below: String)

  /// Looks at what is at `path`: a name with `*`, `?` or `[` is a pattern unless there is a file with this name.
  init(_ path: String, in sources: borrowing SourceFiles) throws(InitrdError) {
    let type = try sources.type(of: path)
    if type == .directory {
      self = .directory
    } else if type == nil, Glob.isPattern(path.utf8) {
      let slash = UInt8(ascii: "/")
      let names = path.utf8.split(separator: slash)
      let fixed = names.prefix { !Glob.isPattern($0) }
      // The root of the sysroot has no name.
      let root = path.utf8.first == slash || fixed.isEmpty ? "/" : ""
      let directory = root + fixed.map { String(Substring($0)) }.joined(separator: "/")
      self = .matches(
        TreePattern(names.dropFirst(fixed.count).filter { !$0.elementsEqual(".".utf8) }),
        below: directory.utf8.elementsEqual(".".utf8) || directory.utf8.elementsEqual("..".utf8)
          ? directory + "/" : directory)
    } else {
      self = .file
    }
  }
}

extension Manifest.File {
  /// The path in the image of what is at `source`.
  ///
  /// - Throws: `limit` for a path that no image can have.
  func path(of source: String) throws(InitrdError) -> ImagePath {
    guard isBelowDest, let name = plainNames(Array(source.utf8)).last else { return dest }
    return try dest.appending(name)
  }
}
