/// A tree of files in which programs find their libraries: a sysroot, or the tree that a kernel has after unpacking.
///
/// Paths begin at the root of the tree, with a leading slash. Symbolic links are followed, and never leave the tree.
protocol FileTree: ~Copyable {
  /// The regular file at `path`; `nil` if there is none. The names that were looked up are added to `steps`.
  func file(at path: [UInt8], counting steps: inout Int) throws(InitrdError) -> TreeFile?

  /// The directory at `path`; `nil` if there is none.
  func directory(at path: [UInt8], counting steps: inout Int) throws(InitrdError) -> FileIdentity?

  /// The directory of `path` after following all links, without a slash at its end: what `$ORIGIN` is for a program.
  func realDirectory(of path: [UInt8], counting steps: inout Int) throws(InitrdError) -> [UInt8]?

  /// The names in the directory at `path`, sorted; empty if there is none.
  func names(in path: [UInt8]) throws(InitrdError) -> [[UInt8]]

  /// The text of the configuration file at `path`; `nil` if there is none.
  func text(at path: [UInt8]) throws(InitrdError) -> [UInt8]?

  /// What the content of a file says that it needs.
  func content(of file: TreeFile) throws(InitrdError) -> ProgramContent

  /// The path of a library that only the dynamic linker's cache names; `nil` if there is none.
  func cachedPath(of library: [UInt8]) -> [UInt8]?
}

/// What makes two paths one file in a tree.
enum FileIdentity: Hashable, Sendable {
  /// A path without symbolic links, for a tree on disk.
  case path([UInt8])
  /// The number of a node, for a tree in memory.
  case node(Int)
}

/// A regular file of a tree.
struct TreeFile: Equatable, Sendable {
  var identity: FileIdentity
  /// The path without links, and the links on the way to it; `nil` for a tree in memory.
  var place: SysrootPlace?

  static func == (left: TreeFile, right: TreeFile) -> Bool { left.identity == right.identity }
}

/// What a file needs to run, by its content.
enum ProgramContent: Equatable, Sendable {
  case program(ELFLinks)
  case script(ScriptLine)
  /// The content was not read; the file may be a program.
  case unknown
  /// Neither a program nor a script.
  case other

  /// The content of a file, with everything that ``LibraryResolver`` can use.
  ///
  /// - Throws: `bad-input` for an ELF file with invalid tables, and errors of reading the file.
  init(reading source: borrowing some ByteSource & ~Copyable) throws(InitrdError) {
    let start = try source.bytes(at: 0, count: ScriptLine.limit)
    if let line = ScriptLine(start) {
      self = .script(line)
    } else if let elf = try ELF(source) {
      var links = try ELFLinks(elf, source)
      links.mentions = try links.mentioned(NameServices.allNames, source)
      self = .program(links)
    } else {
      self = .other
    }
  }
}
