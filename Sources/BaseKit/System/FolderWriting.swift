import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Changes the names in an open directory, one name at a time. No path is followed and no link. Only directories and new
/// files are opened.
extension OpenFile {
  /// Permissions, owner and time.
  package struct Attributes {
    /// The permissions, 0 to 0o7777.
    package var mode: UInt16
    /// The owner and the group; `nil` leaves both unchanged, 0xFFFFFFFF one of them.
    package var owner: (user: UInt32, group: UInt32)?
    /// The time in seconds since 1970; `nil` leaves it unchanged.
    package var modified: UInt32?

    package init(mode: UInt16, owner: (user: UInt32, group: UInt32)?, modified: UInt32?) {
      self.mode = mode
      self.owner = owner
      self.modified = modified
    }

    fileprivate var times: [timespec] {
      let time = timespec(tv_sec: time_t(modified ?? 0), tv_nsec: 0)
      return [time, time]
    }
  }

  /// Creates the directory `path`; `false` if the name exists.
  package static func makeFolder(_ path: String) throws(InitrdError) -> Bool {
    if mkdir(path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    throw .system("create the directory", path)
  }

  /// Removes the directory `path` if it is empty.
  package static func removeFolder(_ path: String) { rmdir(path) }

  /// Creates the directory `name`, with permissions for its owner only; `false` if the name exists.
  package func makeFolder(_ name: [UInt8]) throws(InitrdError) -> Bool {
    if mkdirat(descriptor.rawValue, cString(name), 0o700) == 0 { return true }
    if errno == EEXIST { return false }
    throw .system("create the directory", path(name))
  }

  /// Opens the directory `name`; `nil` if this is not a directory, for example a link to one.
  package func openFolder(_ name: [UInt8]) throws(InitrdError) -> OpenFile? {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let result = openat(descriptor.rawValue, cString(name), flags)
    if result >= 0 { return OpenFile(adopting: result, name: path(name)) }
    if errno == ENOTDIR || errno == ELOOP { return nil }
    throw .system("open", path(name))
  }

  /// Creates the file `name`, which must not exist, and opens it for writing.
  package func createFile(_ name: [UInt8]) throws(InitrdError) -> OpenFile {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let result = openat(descriptor.rawValue, cString(name), flags, 0o600)
    guard result >= 0 else { throw .system("create", path(name)) }
    return OpenFile(adopting: result, name: path(name))
  }

  /// Sets the size of this file. Parts that were not written read as NULs and use no disk space.
  package func extend(to size: UInt32) throws(InitrdError) {
    guard ftruncate(descriptor.rawValue, off_t(size)) == 0 else { throw .system("write", name) }
  }

  /// Creates the symbolic link `name`, which must not exist.
  package func makeSymlink(_ name: [UInt8], to target: [UInt8]) throws(InitrdError) {
    guard symlinkat(cString(target), descriptor.rawValue, cString(name)) == 0 else {
      throw .system("create a symbolic link", path(name))
    }
  }

  /// Creates the device, fifo or socket `name`, which must not exist.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - type: the type bits of its mode.
  ///   - major: the device's major number, 0 to 4095; only the low bits of larger ones are used, as in the kernel.
  ///   - minor: the device's minor number, 0 to 1048575.
  /// - Throws: `system`; creating devices requires the capability MKNOD.
  package func makeNode(
    _ name: [UInt8], type: UInt32, major: UInt32, minor: UInt32
  ) throws(InitrdError) {
    // The number in 32 bits, as in the kernel and in mknod(2).
    let number = major << 20 | minor
    let device = (number & 0xFF) | (number >> 20) << 8 | (number & 0xFFF00) << 12
    let mode = mode_t(type | 0o600)
    guard mknodat(descriptor.rawValue, cString(name), mode, dev_t(device)) == 0 else {
      throw .system("create a device, fifo or socket", path(name))
    }
  }

  /// Creates a hard link to the file `name`. The new name must not exist.
  package func link(_ name: [UInt8], to other: [UInt8]) throws(InitrdError) {
    let folder = descriptor.rawValue
    guard linkat(folder, cString(name), folder, cString(other), 0) == 0 else {
      throw .system("create a hard link", path(name))
    }
  }

  /// Moves `name` into `folder`, and replaces an entry with the new name, unless that is a directory with entries.
  package func move(
    _ name: [UInt8], to folder: borrowing OpenFile, as newName: [UInt8]
  ) throws(InitrdError) {
    let (old, new) = (cString(name), cString(newName))
    let (from, to) = (descriptor.rawValue, folder.descriptor.rawValue)
    if renameat(from, old, to, new) == 0 { return }
    if errno == EISDIR, unlinkat(to, new, AT_REMOVEDIR) == 0, renameat(from, old, to, new) == 0 {
      return
    }
    throw .system("move a new file to this name", folder.path(newName))
  }

  /// Removes `name`, unless it is a directory.
  package func removeFile(_ name: [UInt8]) throws(InitrdError) {
    guard unlinkat(descriptor.rawValue, cString(name), 0) == 0 else {
      throw .system("remove", path(name))
    }
  }

  /// Removes the empty directory `name`.
  package func removeFolder(_ name: [UInt8]) throws(InitrdError) {
    guard unlinkat(descriptor.rawValue, cString(name), AT_REMOVEDIR) == 0 else {
      throw .system("remove", path(name))
    }
  }

  /// Sets the attributes of `name`, except the mode of a symbolic link, which has none.
  ///
  /// Only for a directory in which no other user can replace a file by a link.
  package func setAttributes(
    _ attributes: Attributes, of name: [UInt8], isSymlink: Bool
  ) throws(InitrdError) {
    let (folder, cName) = (descriptor.rawValue, cString(name))
    // The owner is set first, because a change of the owner removes the set-id bits.
    if let owner = attributes.owner,
      fchownat(folder, cName, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) != 0
    {
      throw .system("set the owner", path(name))
    }
    if !isSymlink, fchmodat(folder, cName, mode_t(attributes.mode), 0) != 0 {
      throw .system("set the mode", path(name))
    }
    if attributes.modified != nil,
      utimensat(folder, cName, attributes.times, AT_SYMLINK_NOFOLLOW) != 0
    {
      throw .system("set the time", path(name))
    }
  }

  /// Sets the attributes of this directory.
  package func setAttributes(_ attributes: Attributes) throws(InitrdError) {
    let folder = descriptor.rawValue
    if let owner = attributes.owner, fchown(folder, owner.user, owner.group) != 0 {
      throw .system("set the owner", name)
    }
    if fchmod(folder, mode_t(attributes.mode)) != 0 { throw .system("set the mode", name) }
    if attributes.modified != nil, futimens(folder, attributes.times) != 0 {
      throw .system("set the time", name)
    }
  }

  /// The name of the entry `name` of this directory in messages.
  func path(_ name: [UInt8]) -> String { "\(self.name)/\(printable(name))" }
}

/// `bytes`, which must not contain a NUL, as a string of C: followed by a NUL.
func cString(_ bytes: [UInt8]) -> [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }
