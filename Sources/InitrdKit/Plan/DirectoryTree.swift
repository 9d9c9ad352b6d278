/// The tree in a directory. Symbolic links are not followed; file systems that are mounted below belong to it.
final class DirectoryTree: TreeSource {
  let name: String
  private let directory: OpenFile
  private let place: PlannedFile.Place

  /// - Parameters:
  ///   - directory: the directory, open.
  ///   - place: its place, by which its files are found again.
  init(_ directory: consuming OpenFile, at place: PlannedFile.Place) {
    name = directory.name
    self.directory = directory
    self.place = place
  }

  func read(
    _ filter: inout TreeFilter, to visit: (TreeEntry) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    if filter.includes([]) {
      let status = try directory.status()
      var root = TreeEntry(
        path: [], type: .directory, mode: status.mode, uid: status.uid, gid: status.gid)
      root.attributes = try directory.extendedAttributeNames(of: [0x2E])
      root.input = name
      try visit(root)
    }
    // One directory is open at a time, however deep the tree is. The next one is the last.
    var directories: [[UInt8]] = [[]]
    while let path = directories.popLast() {
      let directory = try open(path)
      let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
      var below: [[UInt8]] = []
      for name in try directory.directoryEntries() {
        let path = prefix + name
        let isIncluded = filter.includes(path)
        guard isIncluded || filter.enters(path) else { continue }
        let status = try directory.status(of: name)
        guard let status, let type = status.kind else { throw changed(path) }
        if type == .directory, filter.enters(path) { below.append(path) }
        if isIncluded { try visit(try entry(name, at: path, in: directory, type, status)) }
      }
      directories += below.reversed()
    }
  }

  private func open(_ path: [UInt8]) throws(InitrdError) -> OpenFile {
    guard
      let file = try directory.opening(inRoot: path.isEmpty ? [0x2E] : path, name: display(path))
    else { throw changed(path) }
    return file
  }

  private func entry(
    _ name: [UInt8], at path: [UInt8], in directory: borrowing OpenFile, _ type: FileType,
    _ status: OpenFile.Status
  ) throws(InitrdError) -> TreeEntry {
    var entry = TreeEntry(
      path: path, type: type, mode: status.mode, uid: status.uid, gid: status.gid)
    (entry.major, entry.minor) = (status.major, status.minor)
    switch type {
    case .symlink: entry.target = try directory.linkTarget(of: name)
    case .regular:
      entry.content = .file(
        try PlannedFile(status, at: .below(place, path), named: display(path)))
      if status.size > 0, FileSummary.mayDescribe(name, mode: status.mode) {
        entry.summary = try summary(name, at: path, in: directory, size: status.size)
      }
    default: break
    }
    entry.attributes = try directory.extendedAttributeNames(of: name)
    entry.input = String(validating: path, as: UTF8.self).map { displayPath($0, below: self.name) }
    return entry
  }

  /// What is known about a program, of which little more than the head is read; damaged ones are files like others.
  private func summary(
    _ name: [UInt8], at path: [UInt8], in directory: borrowing OpenFile, size: UInt64
  ) throws(InitrdError) -> FileSummary? {
    guard let file = try directory.opening(inRoot: name, name: display(path)) else {
      throw changed(path)
    }
    return try? FileSummary(
      program: FileBytes(file, size: size), hasApplets: name.elementsEqual("busybox".utf8))
  }

  private func display(_ path: [UInt8]) -> String {
    path.isEmpty ? name : TreeEntries.display(path, below: name)
  }

  private func changed(_ path: [UInt8]) -> InitrdError {
    InitrdError(
      .changed, "the directory changed while it was read", at: .init(file: display(path)),
      remedy: "build again when nothing writes to it")
  }
}

extension PlannedFile {
  /// A regular file with this status.
  ///
  /// - Throws: `limit` for a file of 4 GiB or more, which does not fit in an entry.
  init(
    _ status: OpenFile.Status, at place: Place, named name: @autoclosure () -> String
  ) throws(InitrdError) {
    try self.init(
      size: status.size, device: status.device, inode: status.inode, changed: status.changed,
      at: place, named: name())
  }

  /// A regular file of this size with this identity.
  ///
  /// - Throws: `limit` for a file of 4 GiB or more, which does not fit in an entry.
  init(
    size: UInt64, device: UInt64, inode: UInt64, changed: Int64, at place: Place,
    named name: @autoclosure () -> String
  ) throws(InitrdError) {
    guard let bytes = UInt32(exactly: size) else {
      throw InitrdError(
        .limit,
        "the file has \(size) bytes, but an entry of an initramfs must be smaller than 4 GiB",
        at: .init(file: name()))
    }
    self.init(place: place, size: bytes, device: device, inode: inode, changed: changed)
  }
}
