import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes to open files, and replaces files.
extension OpenFile {
  /// Writes all of `bytes`, with several calls if necessary.
  package func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    do {
      _ = try bytes.withUnsafeBytes { try descriptor.writeAll($0) }
    } catch { throw .system("write", name, error) }
  }

  /// Writes all of `bytes` to an open file of the caller.
  package static func write(_ bytes: Span<UInt8>, toDescriptor number: CInt) throws(InitrdError) {
    do {
      _ = try bytes.withUnsafeBytes { try FileDescriptor(rawValue: number).writeAll($0) }
    } catch {
      throw .system("write", number == 1 ? "standard output" : "descriptor \(number)", error)
    }
  }

  /// Copies up to `count` bytes of `source` from `offset`: inside of the kernel if possible.
  ///
  /// - Returns: the number of bytes, which is smaller than `count` only if `source` ends.
  package func append(
    _ source: borrowing OpenFile, from offset: UInt64, count: UInt64
  ) throws(InitrdError) -> UInt64 {
    let count = source.part.map { min(count, $0.size - min(offset, $0.size)) } ?? count
    var left = count
    var place = Int64(clamping: (source.part?.start ?? 0) + offset)
    while left > 0 {
      let copied = csyscalls_copy_range(
        source.descriptor.rawValue, &place, descriptor.rawValue, Int(min(left, 1 << 30)))
      if copied == 0 { return count - left }
      if copied < 0 {
        // EXDEV, EINVAL, EOPNOTSUPP and ENOSYS mean that this call does not work for these two files.
        guard [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS].contains(errno) else {
          throw .system("write", name)
        }
        break
      }
      left -= UInt64(copied)
    }
    var buffer = [UInt8](repeating: 0, count: left > 0 ? 1 << 20 : 0)
    while left > 0 {
      let came = try source.read(
        into: &buffer, at: offset + (count - left), count: Int(min(left, 1 << 20)))
      if came == 0 { break }
      try write(buffer.span.extracting(first: came))
      left -= UInt64(came)
    }
    return count - left
  }

  /// Copies up to `count` bytes of `source` from its position: for example, of a pipe.
  ///
  /// - Returns: the number of bytes, which is smaller than `count` only if `source` ends.
  package func appendNext(
    of source: borrowing OpenFile, count: UInt64
  ) throws(InitrdError) -> UInt64 {
    var left = count
    var buffer: [UInt8] = []
    while left > 0 {
      let size = Int(min(left, 1 << 20))
      if buffer.count != size { buffer = [UInt8](repeating: 0, count: size) }
      let came = try source.read(into: &buffer)
      if came == 0 { break }
      try write(buffer.span.extracting(first: came))
      left -= UInt64(came)
    }
    return count - left
  }

  /// Checks that this is a regular file.
  ///
  /// - Throws: `bad-input` if it is not.
  package func requireRegular() throws(InitrdError) {
    let kind = try status().kind
    guard kind == .regular else {
      let what = kind == .directory ? "a directory, where a file is needed" : "not a regular file"
      throw InitrdError(.badInput, what, at: .init(file: name))
    }
  }

  /// Lets the disk begin to write a part of the file. Does not wait, and ignores failures.
  package func sendToDisk(from offset: UInt64, count: UInt64) {
    csyscalls_start_writing(descriptor.rawValue, Int64(clamping: offset), Int64(clamping: count))
  }

  /// The free space in bytes on the file system of this file, for a user without privileges.
  package func freeBytes() throws(InitrdError) -> UInt64 {
    var status = statvfs()
    guard fstatvfs(descriptor.rawValue, &status) == 0 else { throw .system("examine", name) }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }

  /// Adds a hole of `count` bytes at the position, which reads as zeros.
  package func skip(_ count: UInt64) throws(InitrdError) {
    let end = lseek(descriptor.rawValue, off_t(clamping: count), SEEK_CUR)
    guard end >= 0, ftruncate(descriptor.rawValue, end) == 0 else { throw .system("write", name) }
  }

  /// Another descriptor for this file.
  package func duplicate() throws(InitrdError) -> OpenFile {
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .system("open", name) }
    return OpenFile(FileDescriptor(rawValue: copy), name: name, part: part)
  }

  /// Flushes the written bytes to the disk.
  package func flush() throws(InitrdError) {
    guard fsync(descriptor.rawValue) == 0 else { throw .system("flush", name) }
  }

  /// Empties the file and sets its permissions.
  package func reset(mode: UInt16) throws(InitrdError) {
    guard ftruncate(descriptor.rawValue, 0) == 0, fchmod(descriptor.rawValue, mode_t(mode)) == 0
    else { throw .system("prepare", name) }
  }

  /// Opens `path` for writing, and creates it if necessary; `nil` if another process has locked it.
  package static func lockedForWriting(_ path: String) throws(InitrdError) -> OpenFile? {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
      guard descriptor >= 0 else { throw .system("create", path) }
      let file = OpenFile(adopting: descriptor, name: path)
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        if errno == EWOULDBLOCK { return nil }
        throw .system("lock", path)
      }
      var named = stat()
      let mine = try file.status()
      var own = stat()
      guard fstat(descriptor, &own) == 0 else { throw .system("examine", path) }
      // A file of another user or with other names is not a rest of an earlier run, and writing would change it elsewhere.
      guard mine.kind == .regular, mine.links == 1, own.st_uid == geteuid() else {
        guard unlink(path) == 0 else { throw .system("replace", path) }
        continue
      }
      // Between the two calls, another process may have renamed or removed this file.
      if lstat(path, &named) == 0, Status(named) == mine { return file }
    }
  }

  // MARK: Names

  /// Renames `old` to `new`, and replaces a file with that name.
  package static func rename(_ old: String, to new: String) throws(InitrdError) {
    guard SystemCalls.rename(old, new) == 0 else { throw .system("write", new) }
  }

  /// The final target of the symbolic link at `path`, or `path` if it is not a link. The target need not exist.
  ///
  /// - Throws: `bad-input` for links that form a loop, or for a target that is not UTF-8.
  package static func endOfLinks(_ path: String) throws(InitrdError) -> String {
    var end = path
    // The limit of the kernel.
    for _ in 0...40 {
      var target = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(end, &target, Int(PATH_MAX))
      // It is not a link, or it does not exist.
      guard count >= 0 else { return end }
      let bytes = target.prefix(count).map(UInt8.init(bitPattern:))
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw InitrdError(
          .badInput, "the target of this symbolic link is not UTF-8",
          at: .init(file: path), remedy: "name the file itself with -o")
      }
      let slash = end.utf8.lastIndex(of: UInt8(ascii: "/"))
      let folder = bytes.first == UInt8(ascii: "/") ? nil : slash.map { end[...$0] }
      end = (folder.map(String.init) ?? "") + name
    }
    throw InitrdError(
      .badInput, "these symbolic links form a loop", at: .init(file: path),
      remedy: "name a file with -o")
  }

  /// Removes `path` if it exists.
  package static func remove(_ path: String) { unlink(path) }

  /// The properties of `path`, after following links; `nil` if nothing exists there.
  package static func status(of path: String) throws(InitrdError) -> Status? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system("examine", path)
    }
    return Status(status)
  }
}

/// System calls whose names are hidden by methods of ``OpenFile``.
private enum SystemCalls {
  static func rename(_ old: String, _ new: String) -> CInt {
    #if canImport(Glibc)
      Glibc.rename(old, new)
    #elseif canImport(Musl)
      Musl.rename(old, new)
    #endif
  }
}
