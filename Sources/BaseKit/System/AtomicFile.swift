/// A file that appears under its name all at once: written beside the target, flushed, renamed.
///
/// Until ``commit()`` the old file stays as it is; when the value ends without it, or a signal ends the process
/// (``Signals``), what was written is removed. The file beside the target has one fixed name and is locked while it is
/// written: two builds of one target can't mix, and what a killed one left is reused by the next. Where the target is a
/// symbolic link, the file that the link leads to is replaced, and the link stays.
package struct AtomicFile: ~Copyable {
  private let name: String
  private let target: String
  private let beside: String
  private let file: OpenFile
  private let directory: OpenFile
  private let onSignal: RemovedOnSignal
  private var committed = false

  /// Begins to write `path` with the permissions `mode`.
  ///
  /// - Throws: `missing` when the directory does not exist, `conflict` when another process writes the same
  ///   target, `system` for the rest. Nothing is left behind then.
  package init(replacing path: String, mode: UInt16) throws(InitrdError) {
    let location = InitrdError.Location(file: path)
    let target = try OpenFile.endOfLinks(path)
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(target[..<$0]) + "/" } ?? "./"
    let name = slash.map { String(target[target.utf8.index(after: $0)...]) } ?? target
    // By the path that was given: what a link of /proc leads to may have no path.
    let existing = try OpenFile.status(of: path)
    guard !name.isEmpty, existing == nil || existing?.kind == .regular else {
      throw InitrdError(
        .conflict, "the target exists and is not a regular file", at: location,
        remedy: "name a file with -o")
    }
    switch try OpenFile.status(of: folder)?.kind {
    case .directory: break
    case nil:
      throw InitrdError(
        .missing, "the directory to write to does not exist: \(folder)",
        at: location, remedy: "make it, or name another file with -o")
    default:
      throw InitrdError(
        .badInput, "\(folder) is not a directory", at: location)
    }
    let beside = folder + "." + name + ".mkinitrd-new"
    let directory = try OpenFile(reading: folder)
    // A signal comes before the file is there, or when the signal's handler knows of it.
    let mask = Signals.block()
    defer { Signals.restore(mask) }
    let locked: OpenFile?
    do throws(InitrdError) { locked = try OpenFile.lockedForWriting(beside) } catch {
      throw InitrdError(
        error.code, error.message, at: location, remedy: "look at the directory's permissions")
    }
    guard let file = locked else {
      throw InitrdError(
        .conflict, "another process is writing this file", at: location,
        remedy: "wait for it to end")
    }
    do throws(InitrdError) { try file.reset(mode: mode) } catch {
      OpenFile.remove(beside)
      throw error
    }
    onSignal = RemovedOnSignal(beside, file)
    self.name = path
    self.target = target
    self.beside = beside
    self.directory = directory
    self.file = file
  }

  /// Adds `bytes` at the end.
  package func write(_ bytes: Span<UInt8>) throws(InitrdError) { try file.write(bytes) }

  /// Adds up to `count` bytes of another file from `offset` on. The kernel copies them where it can; a file system that
  /// shares blocks copies none. Returns the number of bytes.
  package func copy(
    _ source: borrowing OpenFile, from offset: UInt64 = 0, count: UInt64
  ) throws(InitrdError) -> UInt64 { try file.append(source, from: offset, count: count) }

  /// The new file, to read what was written.
  package func reader() throws(InitrdError) -> OpenFile { try file.duplicate() }

  /// Whether the new file will replace `other`.
  package func replaces(_ other: borrowing OpenFile) throws(InitrdError) -> Bool {
    let (old, status) = (try OpenFile.status(of: target), try other.status())
    return old?.inode == status.inode && old?.device == status.device
  }

  /// Gives the new file the owner, permissions and extended attributes of `other`.
  package func keepAttributes(of other: borrowing OpenFile) throws(InitrdError) {
    try file.takeAttributes(of: other)
  }

  /// Refuses to begin what can't end: the file system has no room for `bytes` more.
  package func requireRoom(_ bytes: UInt64) throws(InitrdError) {
    let free = try file.freeBytes()
    guard bytes > free else { return }
    throw InitrdError(
      .noSpace, "\(bytes) bytes are to be written, and the file system has room for \(free)",
      at: .init(file: name), remedy: "make room, or name another file with -o")
  }

  /// Puts on the disk what was written so far.
  package func flush() throws(InitrdError) { try file.flush() }

  /// Puts the file in the target's place, durably; cheap if ``flush()`` was called before.
  ///
  /// - Throws: `system`. The old file is still there then, unless the message says that the new one is.
  package mutating func commit() throws(InitrdError) {
    try file.flush()
    try OpenFile.rename(beside, to: target)
    committed = true
    do throws(InitrdError) { try directory.flush() } catch {
      throw InitrdError(
        .system,
        "the new file is in place, but its directory could not be flushed to the disk"
          + " (\(error.message)): after a power failure the old file may be there again",
        at: .init(file: name), remedy: "run sync")
    }
  }

  deinit { if !committed { OpenFile.remove(beside) } }
}
