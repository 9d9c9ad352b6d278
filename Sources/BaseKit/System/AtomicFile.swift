/// A file that appears under its name all at once: written beside the target, flushed, renamed.
///
/// Until ``commit()`` the old file stays as it is; when the value ends without it, what was written is
/// removed. The file beside the target has one fixed name and is locked while it is written: two builds
/// of one target can't mix, and what a killed one left is reused by the next.
package struct AtomicFile: ~Copyable {
  private let target: String
  private let beside: String
  private let file: OpenFile
  private let directory: OpenFile
  private var committed = false

  /// Begins to write `target` with the permissions `mode`.
  ///
  /// - Throws: `missing` when the folder does not exist, `conflict` when another process writes the same
  ///   target, `system` for the rest. Nothing is left behind then.
  package init(replacing target: String, mode: UInt16) throws(InitrdError) {
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(target[..<$0]) + "/" } ?? "./"
    let name = slash.map { String(target[target.utf8.index(after: $0)...]) } ?? target
    let location = InitrdError.Location(file: target)
    switch try OpenFile.status(of: folder)?.kind {
    case .directory: break
    case nil:
      throw InitrdError(
        .missing, "the folder to write to does not exist", at: location,
        remedy: "make it, or name another with -o")
    default: throw InitrdError(.badInput, "\(folder) is not a folder", at: location)
    }
    let existing = try OpenFile.status(of: target)
    guard !name.isEmpty, existing == nil || existing?.kind == .regular else {
      throw InitrdError(
        .conflict, "the target exists and is not a regular file", at: location,
        remedy: "name a file with -o")
    }
    let beside = folder + "." + name + ".mkinitrd-new"
    let directory = try OpenFile(reading: folder)
    let locked: OpenFile?
    do throws(InitrdError) { locked = try OpenFile.lockedForWriting(beside) } catch {
      throw InitrdError(
        error.code, error.message, at: location, remedy: "look at the folder's permissions")
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
    self.target = target
    self.beside = beside
    self.directory = directory
    self.file = file
  }

  /// Adds `bytes` at the end.
  package func write(_ bytes: Span<UInt8>) throws(InitrdError) { try file.write(bytes) }

  /// Adds the next bytes of another file, up to `count`, by the kernel where it can: file systems that share blocks
  /// then copy none. Returns how many there were.
  package func copy(
    _ source: borrowing OpenFile, count: UInt64
  ) throws(InitrdError) -> UInt64 { try file.append(source, count: count) }

  /// The new file, to read what was written.
  package func reader() throws(InitrdError) -> OpenFile { try file.duplicate() }

  /// Refuses to begin what can't end: the file system has no room for `bytes` more.
  package func requireRoom(_ bytes: UInt64) throws(InitrdError) {
    let free = try file.freeBytes()
    guard bytes > free else { return }
    throw InitrdError(
      .noSpace, "\(bytes) bytes are to be written, and the file system has room for \(free)",
      at: .init(file: target), remedy: "make room, or name another file with -o")
  }

  /// Puts on the disk what was written so far.
  package func flush() throws(InitrdError) { try file.flush() }

  /// Puts the file in the target's place, durably; cheap if ``flush()`` was called before.
  package mutating func commit() throws(InitrdError) {
    try file.flush()
    try OpenFile.rename(beside, to: target)
    committed = true
    try directory.flush()
  }

  deinit { if !committed { OpenFile.remove(beside) } }
}
