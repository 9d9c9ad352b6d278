import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An open file or directory, which is closed when the value ends.
///
/// All system calls of the library are in this room. Each error has the name of the file and the reason of the system.
package struct OpenFile: ~Copyable, Sendable {
  let descriptor: FileDescriptor
  /// The name of the file in messages.
  package let name: String
  /// The part of the file that this value reads; `nil`: the whole file.
  let part: (start: UInt64, size: UInt64)?

  package init(adopting descriptor: CInt, name: String) {
    self.descriptor = FileDescriptor(rawValue: descriptor)
    self.name = name
    part = nil
  }

  init(
    _ descriptor: FileDescriptor, name: String, part: (start: UInt64, size: UInt64)?
  ) {
    (self.descriptor, self.name, self.part) = (descriptor, name, part)
  }

  /// A part of this file as a separate file, for reading by offsets.
  ///
  /// - Parameters:
  ///   - start: the offset of the part in this file.
  ///   - size: the size of the part in bytes.
  ///   - name: its name in messages.
  /// - Returns: the part, with a descriptor of its own.
  /// - Throws: `system` if there can be no more descriptors.
  package func part(
    from start: UInt64, size: UInt64, name: String
  ) throws(InitrdError) -> OpenFile {
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .system("open", name) }
    return OpenFile(
      FileDescriptor(rawValue: copy), name: name,
      part: ((part?.start ?? 0) + start, size))
  }

  deinit { try? descriptor.close() }

  /// The properties of a file.
  package struct Status: Equatable, Sendable {
    /// The type; `nil`: unknown to this library.
    package var kind: FileType?
    /// The permission bits, 0 to 0o7777.
    package var mode: UInt16
    /// The owner.
    package var uid: UInt32
    /// The group.
    package var gid: UInt32
    /// The major number of a device; 0 for everything else.
    package var major: UInt32
    /// The minor number of a device; 0 for everything else.
    package var minor: UInt32
    /// The size in bytes.
    package var size: UInt64
    /// The device. Together with ``inode`` it identifies the file.
    package var device: UInt64
    /// The inode number. Together with ``device`` it identifies the file.
    package var inode: UInt64
    /// The number of names of the file.
    package var links: UInt64
    /// The time of the last change of data or attributes, in nanoseconds since 1970.
    package var changed: Int64
    /// Whether it is a pipe or fifo, which can be read only once.
    package var isPipe: Bool

    init(_ status: stat) {
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

  /// Opens `path` for reading, by default without waiting for the writer of a fifo.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - waiting: whether to wait for the writer of a fifo.
  /// - Throws: `system` with the reason of the system.
  package init(reading path: String, waiting: Bool = false) throws(InitrdError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waiting ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { throw .system("open", path) }
    self.init(adopting: descriptor, name: path)
  }

  /// Standard input, by a descriptor of its own, which is closed when the value ends.
  package static func standardInput() throws(InitrdError) -> OpenFile {
    let copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .system("read", "standard input") }
    return OpenFile(adopting: copy, name: "standard input")
  }

  /// A file without a path in the directory for temporary files. It is removed when the value ends, and called `name`
  /// in messages.
  package static func temporary(named name: String) throws(InitrdError) -> OpenFile {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/mkinitrd-XXXXXX".utf8CString)
    let mask = Signals.block()
    defer { Signals.restore(mask) }
    let descriptor = csyscalls_temporary_file(&template)
    guard descriptor >= 0 else { throw .system("create a temporary file in", folder) }
    unlink(template)
    return OpenFile(adopting: descriptor, name: name)
  }

  /// Opens `path` below this directory as if the directory were `/`; `nil` if nothing exists there.
  package func opening(inRoot path: String, name: String) throws(InitrdError) -> OpenFile? {
    try opening(inRoot: Array(path.utf8), name: name)
  }

  /// Opens the bytes of a path in the same way.
  package func opening(inRoot path: [UInt8], name: String) throws(InitrdError) -> OpenFile? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let result = csyscalls_open_in_root(descriptor.rawValue, cString(path), flags)
    if result >= 0 { return OpenFile(adopting: result, name: name) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw .system("open", name)
  }

  /// Examines `path` below this directory, as if the directory were `/`. A symbolic link at the end of the path is not
  /// followed.
  ///
  /// - Returns: its properties, and the target of a symbolic link; `nil` if nothing exists there.
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

  /// The present properties of this file.
  package func status() throws(InitrdError) -> Status {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw .system("examine", name) }
    var result = Status(status)
    if let part { result.size = part.size }
    return result
  }

  /// Reads up to `buffer.count` bytes. Returns their number; 0 at the end.
  package func read(into buffer: inout [UInt8]) throws(InitrdError) -> Int {
    do {
      return try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
    } catch { throw .system("read", name, error) }
  }

  /// Reads up to `count` bytes, and at most `buffer.count`, from `offset`. Does not change the position of the file.
  /// Returns the number of bytes; 0 at the end.
  package func read(
    into buffer: inout [UInt8], from start: Int = 0, at offset: UInt64, count: Int = .max
  ) throws(InitrdError) -> Int {
    let wanted = part.map { Int(clamping: min($0.size - min(offset, $0.size), UInt64(count))) }
    let place = (part?.start ?? 0) + offset
    do {
      return try buffer.withUnsafeMutableBytes {
        let room = UnsafeMutableRawBufferPointer(rebasing: $0[start...].prefix(wanted ?? count))
        return try descriptor.read(fromAbsoluteOffset: Int64(clamping: place), into: room)
      }
    } catch { throw .system("read", name, error) }
  }

  /// Reads up to `buffer.count` bytes from `offset`. Does not change the position of the file. Returns the number of
  /// bytes; 0 at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(InitrdError) -> Int {
    let left = part.map { $0.size - min(offset, $0.size) } ?? .max
    let room = UnsafeMutableRawBufferPointer(
      rebasing: buffer.prefix(Int(clamping: min(left, UInt64(buffer.count)))))
    do {
      return try descriptor.read(
        fromAbsoluteOffset: Int64(clamping: (part?.start ?? 0) + offset), into: room)
    } catch { throw .system("read", name, error) }
  }

  /// Reads the whole content, which must have at most `limit` bytes.
  package func contents(limit: Int) throws(InitrdError) -> [UInt8] {
    let size = try status().size
    guard size <= UInt64(limit) else {
      throw InitrdError(
        .limit,
        "the file has \(size) bytes, but at most \(limit) are allowed", at: .init(file: name))
    }
    // One byte more than the size, so that the buffer need not grow to find the end.
    var bytes = [UInt8](repeating: 0, count: Int(size) + 1)
    var filled = 0
    while true {
      let count: Int
      do {
        count = try bytes.withUnsafeMutableBytes {
          let room = UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
          guard let part else { return try descriptor.read(into: room) }
          let left = UnsafeMutableRawBufferPointer(rebasing: room.prefix(Int(size) - filled))
          return try descriptor.read(
            fromAbsoluteOffset: Int64(clamping: part.start + UInt64(filled)), into: left)
        }
      } catch { throw .system("read", name, error) }
      filled += count
      if count == 0 { break }
      guard filled <= limit else {
        throw InitrdError(
          size == 0 ? .limit : .changed,
          size == 0
            ? "more than \(limit) bytes where at most \(limit) are expected"
            : "the file grew while it was read", at: .init(file: name))
      }
      if filled == bytes.count {
        bytes += [UInt8](repeating: 0, count: filled)
      }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// The names in this directory, sorted by bytes.
  package func directoryEntries() throws(InitrdError) -> [[UInt8]] {
    // The stream needs a descriptor of its own, because closing the stream closes the descriptor.
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let stream = fdopendir(copy) else { throw .system("list", name) }
    defer { closedir(stream) }
    rewinddir(stream)
    var names: [[UInt8]] = []
    errno = 0
    while let entry = readdir(stream) {
      // The declared length of d_name is not that of the name, so the bytes are read up to the NUL.
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
}

extension InitrdError {
  /// A system call that failed on `file`: "can't open: no such file or directory".
  package static func system(
    _ verb: String, _ file: String, _ error: any Error = Errno(rawValue: errno)
  ) -> InitrdError {
    InitrdError(.system, "can't \(verb): \(error)", at: Location(file: file))
  }

  /// The reason of the system for the last failure.
  static func reason() -> String { "\(Errno(rawValue: errno))" }
}

/// The absolute path of the current directory.
package func currentFolder() throws(InitrdError) -> String {
  guard let path = getcwd(nil, 0) else { throw .system("find", "the current directory") }
  defer { free(path) }
  return String(cString: path)
}

/// The time of the system's monotonic clock, in nanoseconds.
package func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
