import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An open file or directory, closed when the value ends. Every system call of the library is in this
/// room; each failure says which file, and what the system said.
package struct OpenFile: ~Copyable, Sendable {
  let descriptor: FileDescriptor
  /// The file as the user knows it.
  package let name: String

  package init(adopting descriptor: CInt, name: String) {
    self.descriptor = FileDescriptor(rawValue: descriptor)
    self.name = name
  }

  deinit { try? descriptor.close() }

  /// What the system knows about a file.
  package struct Status: Equatable, Sendable {
    /// What kind of thing it is; `nil` for what this library does not know.
    package var kind: FileType?
    /// Permission bits, 0 to 0o7777.
    package var mode: UInt16
    /// The owner.
    package var uid: UInt32
    /// The group.
    package var gid: UInt32
    /// The major number of a device; 0 for everything else.
    package var major: UInt32
    /// The minor number of a device; 0 for everything else.
    package var minor: UInt32
    /// Bytes.
    package var size: UInt64
    /// Identifies the file together with ``inode``.
    package var device: UInt64
    /// Identifies the file together with ``device``.
    package var inode: UInt64
    /// How many names the file has.
    package var links: UInt64
    /// When its data or attributes changed last: nanoseconds since 1970.
    package var changed: Int64
    /// Whether it is a pipe or fifo, which can be read once.
    package var isPipe: Bool

    fileprivate init(_ status: stat) {
      kind = FileType(mode: UInt32(status.st_mode))
      mode = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
      uid = status.st_uid
      gid = status.st_gid
      // As in makedev(3).
      let number = kind == .blockDevice || kind == .characterDevice ? UInt64(status.st_rdev) : 0
      major = UInt32(truncatingIfNeeded: number >> 8 & 0xFFF | number >> 32 & ~0xFFF)
      minor = UInt32(truncatingIfNeeded: number & 0xFF | number >> 12 & ~0xFF)
      size = UInt64(max(0, status.st_size))
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      links = UInt64(status.st_nlink)
      let time = status.st_ctim
      changed = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
      isPipe = status.st_mode & S_IFMT == S_IFIFO
    }
  }

  // MARK: Opening

  /// Opens `path` for reading; fifos don't block.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - waiting: whether a pipe is waited for instead.
  /// - Throws: `system` with what the system says.
  package init(reading path: String, waiting: Bool = false) throws(InitrdError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waiting ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { throw .system("open", path) }
    self.init(adopting: descriptor, name: path)
  }

  /// Standard input, which may be closed again by the value's end.
  package static func standardInput() throws(InitrdError) -> OpenFile {
    let copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .system("read", "standard input") }
    return OpenFile(adopting: copy, name: "standard input")
  }

  /// A file without a name in the folder for temporary files, which goes when the value ends; called `name` in
  /// messages.
  package static func temporary(named name: String) throws(InitrdError) -> OpenFile {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/mkinitrd-XXXXXX".utf8CString)
    let mask = Signals.block()
    defer { Signals.restore(mask) }
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .system("make a temporary file in", folder) }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return OpenFile(adopting: descriptor, name: name)
  }

  /// Opens `path` below this directory as if the directory were `/`; `nil` when there is nothing.
  package func opening(inRoot path: String, name: String) throws(InitrdError) -> OpenFile? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let result = csyscalls_open_in_root(descriptor.rawValue, path, flags)
    if result >= 0 { return OpenFile(adopting: result, name: name) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw .system("open", name)
  }

  /// Where the symbolic link at `path` below this directory leads; `nil` when there is none.
  package func linkTarget(inRoot path: String, name: String) throws(InitrdError) -> [UInt8]? {
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    guard let last = parts.last else { return nil }
    let folder = "./" + parts.dropLast().joined(separator: "/")
    guard let folder = try opening(inRoot: folder, name: name) else { return nil }
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(folder.descriptor.rawValue, last, &target, Int(PATH_MAX))
    if count < 0 {
      // EINVAL: it is something else than a link.
      guard [ENOENT, ENOTDIR, EINVAL].contains(errno) else { throw .system("read", name) }
      return nil
    }
    return target.prefix(count).map(UInt8.init(bitPattern:))
  }

  /// What is at `path` below this directory, as if the directory were `/`; a symbolic link at the end of the path is
  /// not followed.
  ///
  /// - Returns: what the system knows about it, and the target of a symbolic link; `nil` when there is nothing.
  package func entry(
    inRoot path: [UInt8], name: String
  ) throws(InitrdError) -> (status: Status, target: [UInt8])? {
    let result = (path + [0]).withUnsafeBufferPointer {
      $0.withMemoryRebound(to: CChar.self) {
        csyscalls_look_in_root(descriptor.rawValue, $0.baseAddress)
      }
    }
    guard result >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system("examine", name)
    }
    let file = OpenFile(adopting: result, name: name)
    let status = try file.status()
    guard status.kind == .symlink else { return (status, []) }
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(result, "", &target, Int(PATH_MAX))
    guard count >= 0 else { throw .system("read", name) }
    return (status, target.prefix(count).map(UInt8.init(bitPattern:)))
  }

  // MARK: Reading

  /// What the system knows about this file now.
  package func status() throws(InitrdError) -> Status {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw .system("examine", name) }
    return Status(status)
  }

  /// Reads up to `buffer.count` bytes; 0 at the end.
  package func read(into buffer: inout [UInt8]) throws(InitrdError) -> Int {
    do {
      return try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
    } catch { throw .system("read", name, error) }
  }

  /// Reads up to `count` bytes to where `start` is in `buffer`; 0 at the end.
  package func read(
    into buffer: inout [UInt8], from start: Int, count: Int
  ) throws(InitrdError) -> Int {
    do {
      return try buffer.withUnsafeMutableBytes {
        try descriptor.read(
          into: UnsafeMutableRawBufferPointer(rebasing: $0[start...].prefix(count)))
      }
    } catch { throw .system("read", name, error) }
  }

  /// Reads up to `count` bytes that start at `offset`, and at most `buffer.count`, without moving the file's
  /// position.
  package func read(
    into buffer: inout [UInt8], at offset: UInt64, count: Int = .max
  ) throws(InitrdError) -> Int {
    do {
      return try buffer.withUnsafeMutableBytes {
        let part = UnsafeMutableRawBufferPointer(rebasing: $0.prefix(count))
        return try descriptor.read(fromAbsoluteOffset: Int64(clamping: offset), into: part)
      }
    } catch { throw .system("read", name, error) }
  }

  /// The whole content, which must be of at most `limit` bytes.
  package func contents(limit: Int) throws(InitrdError) -> [UInt8] {
    let size = try status().size
    guard size <= UInt64(limit) else {
      throw InitrdError(
        .limit, "\(size) bytes where at most \(limit) are expected", at: .init(file: name))
    }
    // One byte more than the size shows the end without a further call.
    var bytes = [UInt8](repeating: 0, count: Int(size) + 1)
    var filled = 0
    while true {
      let count: Int
      do {
        count = try bytes.withUnsafeMutableBytes {
          try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
        }
      } catch { throw .system("read", name, error) }
      filled += count
      if count == 0 { break }
      if filled == bytes.count {
        guard filled <= limit else {
          throw InitrdError(.changed, "the file grows while it is read", at: .init(file: name))
        }
        bytes += [UInt8](repeating: 0, count: filled)
      }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// The names in this directory, sorted by bytes.
  package func directoryEntries() throws(InitrdError) -> [[UInt8]] {
    // The stream takes a descriptor of its own, because closing the stream closes it.
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let stream = fdopendir(copy) else { throw .system("list", name) }
    defer { closedir(stream) }
    rewinddir(stream)
    var names: [[UInt8]] = []
    errno = 0
    while let entry = readdir(stream) {
      // d_name is declared longer or shorter than the name is: its bytes are read up to the NUL.
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { start in
          UnsafeBufferPointer(start: start, count: strlen(start)).map(UInt8.init(bitPattern:))
        }
      }
      if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
    }
    guard errno == 0 else { throw .system("list", name) }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  // MARK: Writing

  /// Writes all of `bytes`, however many calls it takes.
  package func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    do {
      _ = try bytes.withUnsafeBytes { try descriptor.writeAll($0) }
    } catch { throw .system("write", name, error) }
  }

  /// Writes all of `bytes` to an open file that is somebody else's.
  package static func write(_ bytes: Span<UInt8>, toDescriptor number: CInt) throws(InitrdError) {
    do {
      _ = try bytes.withUnsafeBytes { try FileDescriptor(rawValue: number).writeAll($0) }
    } catch { throw .system("write", "descriptor \(number)", error) }
  }

  /// Writes the next bytes of `source`, up to `count`, which don't come through this process where the system can
  /// do that.
  ///
  /// - Returns: how many there were, fewer only where `source` ends.
  package func append(
    _ source: borrowing OpenFile, count: UInt64
  ) throws(InitrdError) -> UInt64 {
    var left = count
    while left > 0 {
      let copied = csyscalls_copy_range(
        source.descriptor.rawValue, descriptor.rawValue, Int(min(left, 1 << 30)))
      if copied == 0 { return count - left }
      if copied < 0 {
        // EXDEV, EINVAL, EOPNOTSUPP and ENOSYS all mean: not by this call, not between these two.
        guard [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS].contains(errno) else {
          throw .system("write", name)
        }
        break
      }
      left -= UInt64(copied)
    }
    var buffer = [UInt8](repeating: 0, count: left > 0 ? 1 << 20 : 0)
    while left > 0 {
      let came = try source.read(into: &buffer, from: 0, count: Int(min(left, 1 << 20)))
      if came == 0 { break }
      try write(buffer.span.extracting(first: came))
      left -= UInt64(came)
    }
    return count - left
  }

  /// Lets the disk begin with some of what was written; nothing is waited for, and no harm done where it can't.
  package func sendToDisk(from offset: UInt64, count: UInt64) {
    csyscalls_start_writing(descriptor.rawValue, Int64(clamping: offset), Int64(clamping: count))
  }

  /// Bytes that may be written to the file system of this file, by a user without privileges.
  package func freeBytes() throws(InitrdError) -> UInt64 {
    var status = statvfs()
    guard fstatvfs(descriptor.rawValue, &status) == 0 else { throw .system("examine", name) }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }

  /// Another descriptor for this file.
  package func duplicate() throws(InitrdError) -> OpenFile {
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .system("open", name) }
    return OpenFile(adopting: copy, name: name)
  }

  /// Goes back to the start, for whoever reads from where the file stands.
  package func rewind() throws(InitrdError) {
    guard lseek(descriptor.rawValue, 0, SEEK_SET) == 0 else { throw .system("read", name) }
  }

  /// Puts what was written on the disk.
  package func flush() throws(InitrdError) {
    guard fsync(descriptor.rawValue) == 0 else { throw .system("flush", name) }
  }

  /// Empties the file and sets its permissions.
  package func reset(mode: UInt16) throws(InitrdError) {
    guard ftruncate(descriptor.rawValue, 0) == 0, fchmod(descriptor.rawValue, mode_t(mode)) == 0
    else { throw .system("prepare", name) }
  }

  /// Opens `path` for writing, making it where needed, if no other process holds it; `nil` if one does.
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
      // What somebody else made or linked elsewhere is not a left-over of ours: writing would go there too.
      guard mine.kind == .regular, mine.links == 1, own.st_uid == geteuid() else {
        guard unlink(path) == 0 else { throw .system("replace", path) }
        continue
      }
      // Between the two calls the holder may have renamed or removed what we hold now.
      if lstat(path, &named) == 0, Status(named) == mine { return file }
    }
  }

  // MARK: Names

  /// Renames `old` to `new`, replacing what is there.
  package static func rename(_ old: String, to new: String) throws(InitrdError) {
    guard SystemCalls.rename(old, new) == 0 else { throw .system("write", new) }
  }

  /// The path that the symbolic link at `path` leads to at its end, or `path` if it is no link; there may be nothing.
  ///
  /// - Throws: `bad-input` for links that lead in a circle, or to a name that is not UTF-8.
  package static func endOfLinks(_ path: String) throws(InitrdError) -> String {
    var end = path
    // As many as the kernel follows.
    for _ in 0...40 {
      var target = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(end, &target, Int(PATH_MAX))
      // It is no link, or there is nothing.
      guard count >= 0 else { return end }
      let bytes = target.prefix(count).map(UInt8.init(bitPattern:))
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw InitrdError(
          .badInput, "a symbolic link that leads to a name that is not UTF-8",
          at: .init(file: path), remedy: "name the file itself with -o")
      }
      let slash = end.utf8.lastIndex(of: UInt8(ascii: "/"))
      let folder = bytes.first == UInt8(ascii: "/") ? nil : slash.map { end[...$0] }
      end = (folder.map(String.init) ?? "") + name
    }
    throw InitrdError(
      .badInput, "symbolic links that lead in a circle", at: .init(file: path),
      remedy: "name a file with -o")
  }

  /// Removes `path` if it is there.
  package static func remove(_ path: String) { unlink(path) }

  /// What the system knows about `path`, links followed; `nil` when there is nothing.
  package static func status(of path: String) throws(InitrdError) -> Status? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system("examine", path)
    }
    return Status(status)
  }
}

/// Calls whose names ``OpenFile`` gives to methods of its own.
private enum SystemCalls {
  static func rename(_ old: String, _ new: String) -> CInt {
    #if canImport(Glibc)
      Glibc.rename(old, new)
    #elseif canImport(Musl)
      Musl.rename(old, new)
    #endif
  }
}

extension InitrdError {
  /// A system call that failed on `file`: "can't open: no such file or directory".
  package static func system(
    _ verb: String, _ file: String, _ error: any Error = Errno(rawValue: errno)
  ) -> InitrdError {
    InitrdError(.system, "can't \(verb): \(error)", at: Location(file: file))
  }

  /// What the system says of the call that failed last.
  static func reason() -> String { "\(Errno(rawValue: errno))" }
}

/// The folder that relative paths are looked up in, as an absolute path.
package func currentFolder() throws(InitrdError) -> String {
  guard let path = getcwd(nil, 0) else { throw .system("find", "the current folder") }
  defer { free(path) }
  return String(cString: path)
}

/// Nanoseconds of the system's monotonic clock.
package func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
