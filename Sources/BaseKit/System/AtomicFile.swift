/// A file that replaces its target atomically: it is written to a temporary file, flushed and renamed.
///
/// The old file does not change until ``commit()``. If the value ends without it, or a signal ends the process
/// (``Signals``), the temporary file is removed. The temporary file is in the directory of the target. It has a fixed
/// name, and is locked while it is written: two builds of one target can't mix, and a file of a killed build is reused
/// by the next one. If the target is a symbolic link, the file that it leads to is replaced, and the link stays.
package struct AtomicFile: ~Copyable {
  private let name: String
  private let target: String
  private let beside: String
  private let file: OpenFile
  private let directory: OpenFile
  private let onSignal: RemovedOnSignal
  private var committed = false

  /// Begins to replace `path` by a file with the permissions `mode`.
  ///
  /// - Throws: `missing` if the directory does not exist; `conflict` if another process writes the same target, or if the
  ///   target is not a regular file; `bad-input` and `system` for other failures. No file is left then.
  package init(replacing path: String, mode: UInt16) throws(InitrdError) {
    let location = InitrdError.Location(file: path)
    let target = try OpenFile.endOfLinks(path)
    let (folder, name) = Self.parts(of: target)
    // The given path is examined: the target of a link in /proc may have no path.
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
        at: location, remedy: "create it, or name another file with -o")
    default:
      throw InitrdError(
        .badInput, "\(folder) is not a directory", at: location)
    }
    let beside = Self.temporaryName(of: name, in: folder)
    let directory = try OpenFile(reading: folder)
    // Signals are blocked until the handler knows the file, so that the file is never left.
    let mask = Signals.block()
    defer { Signals.restore(mask) }
    let locked: OpenFile?
    do throws(InitrdError) { locked = try OpenFile.lockedForWriting(beside) } catch {
      throw InitrdError(
        error.code, error.message, at: location, remedy: "check the permissions of the directory")
    }
    guard let file = locked else {
      throw InitrdError(
        .conflict, "another process is writing this file", at: location,
        remedy: "wait until that process ends")
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

  /// The path of the temporary file that is written in place of `path`; `nil` when there can be none.
  package static func temporaryPath(for path: String) -> String? {
    guard let target = try? OpenFile.endOfLinks(path) else { return nil }
    let (directory, name) = parts(of: target)
    return temporaryName(of: name, in: directory)
  }

  /// The directory of a path, with a slash at its end, and the name in it.
  private static func parts(of path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("./", path) }
    return (String(path[..<slash]) + "/", String(path[path.utf8.index(after: slash)...]))
  }

  private static func temporaryName(of name: String, in directory: String) -> String {
    directory + "." + name + ".mkinitrd-new"
  }

  /// Appends `bytes`.
  package func write(_ bytes: Span<UInt8>) throws(InitrdError) { try file.write(bytes) }

  /// Adds up to `count` bytes of another file from `offset` on. The kernel copies them where it can; a file system that
  /// shares blocks copies none. Returns the number of bytes.
  package func copy(
    _ source: borrowing OpenFile, from offset: UInt64 = 0, count: UInt64
  ) throws(InitrdError) -> UInt64 { try file.append(source, from: offset, count: count) }

  /// The new file, for reading the written bytes.
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

  /// Checks that the file system has space for `bytes` more.
  ///
  /// - Throws: `no-space` if it has not.
  package func requireRoom(_ bytes: UInt64) throws(InitrdError) {
    let free = try file.freeBytes()
    guard bytes > free else { return }
    throw InitrdError(
      .noSpace, "\(bytes) bytes have to be written, but the file system has space for only \(free)",
      at: .init(file: name), remedy: "free some space, or name another file with -o")
  }

  /// Flushes the written bytes to the disk.
  package func flush() throws(InitrdError) { try file.flush() }

  /// Replaces the target by the new file, durably. This is fast if ``flush()`` was called before.
  ///
  /// - Throws: `system`. Then the old file still exists, unless the message says that the new one is in place.
  package mutating func commit() throws(InitrdError) {
    try file.flush()
    try OpenFile.rename(beside, to: target)
    committed = true
    do throws(InitrdError) { try directory.flush() } catch {
      throw InitrdError(
        .system,
        "the new file is in place, but its directory could not be flushed to the disk"
          + " (\(error.message)): after a power failure the old file may exist again",
        at: .init(file: name), remedy: "run sync")
    }
  }

  deinit { if !committed { OpenFile.remove(beside) } }
}
