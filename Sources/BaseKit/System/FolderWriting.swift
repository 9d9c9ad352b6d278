import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What is done to the names in an open folder, one name at a time: no path is walked here, no link is followed,
/// and nothing is opened but folders, and files that are made by it.
extension OpenFile {
  /// Who may do what, whose it is, and since when.
  package struct Attributes {
    /// The permissions, 0 to 0o7777.
    package var mode: UInt16
    /// The owner and the group; `nil` leaves both, and 0xFFFFFFFF either one.
    package var owner: (user: UInt32, group: UInt32)?
    /// Seconds since 1970; `nil` leaves the time.
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

  /// Makes the folder `path`; `false` when something has that name.
  package static func makeFolder(_ path: String) throws(InitrdError) -> Bool {
    if mkdir(path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    throw .system("make the folder", path)
  }

  /// Removes the folder `path` if it is empty.
  package static func removeFolder(_ path: String) { rmdir(path) }

  /// Makes the folder `name`, for its owner only; `false` when something has that name.
  package func makeFolder(_ name: [UInt8]) throws(InitrdError) -> Bool {
    if mkdirat(descriptor.rawValue, cString(name), 0o700) == 0 { return true }
    if errno == EEXIST { return false }
    throw .system("make the folder", path(name))
  }

  /// Opens the folder `name`; `nil` when something else has that name, a link to a folder for example.
  package func openFolder(_ name: [UInt8]) throws(InitrdError) -> OpenFile? {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let result = openat(descriptor.rawValue, cString(name), flags)
    if result >= 0 { return OpenFile(adopting: result, name: path(name)) }
    if errno == ENOTDIR || errno == ELOOP { return nil }
    throw .system("open", path(name))
  }

  /// Makes the file `name`, which must be new, and opens it for writing.
  package func createFile(_ name: [UInt8]) throws(InitrdError) -> OpenFile {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let result = openat(descriptor.rawValue, cString(name), flags, 0o600)
    guard result >= 0 else { throw .system("create", path(name)) }
    return OpenFile(adopting: result, name: path(name))
  }

  /// Makes this file as long as `size`, with NULs where nothing was written; they take no room.
  package func extend(to size: UInt32) throws(InitrdError) {
    guard ftruncate(descriptor.rawValue, off_t(size)) == 0 else { throw .system("write", name) }
  }

  /// Makes the symbolic link `name`, which must be new.
  package func makeSymlink(_ name: [UInt8], to target: [UInt8]) throws(InitrdError) {
    guard symlinkat(cString(target), descriptor.rawValue, cString(name)) == 0 else {
      throw .system("make a symbolic link", path(name))
    }
  }

  /// Makes `name`, which must be new, a device, fifo or socket.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - type: the type bits of its mode.
  ///   - major: the device's major number, to 4095; the kernel folds larger ones, and so does this.
  ///   - minor: the device's minor number, to 1048575.
  /// - Throws: `system`; devices are for those with the capability MKNOD.
  package func makeNode(
    _ name: [UInt8], type: UInt32, major: UInt32, minor: UInt32
  ) throws(InitrdError) {
    // As the kernel has a number in 32 bits, and as mknod(2) takes it.
    let number = major << 20 | minor
    let device = (number & 0xFF) | (number >> 20) << 8 | (number & 0xFFF00) << 12
    let mode = mode_t(type | 0o600)
    guard mknodat(descriptor.rawValue, cString(name), mode, dev_t(device)) == 0 else {
      throw .system("make a device, fifo or socket", path(name))
    }
  }

  /// Gives the file `name` one name more, which must be new.
  package func link(_ name: [UInt8], to other: [UInt8]) throws(InitrdError) {
    let folder = descriptor.rawValue
    guard linkat(folder, cString(name), folder, cString(other), 0) == 0 else {
      throw .system("make a hard link", path(name))
    }
  }

  /// Moves `name` into `folder`, in the place of what has the new name there, unless that is a folder with something in
  /// it.
  package func move(
    _ name: [UInt8], to folder: borrowing OpenFile, as newName: [UInt8]
  ) throws(InitrdError) {
    let (old, new) = (cString(name), cString(newName))
    let (from, to) = (descriptor.rawValue, folder.descriptor.rawValue)
    if renameat(from, old, to, new) == 0 { return }
    if errno == EISDIR, unlinkat(to, new, AT_REMOVEDIR) == 0, renameat(from, old, to, new) == 0 {
      return
    }
    throw .system("put it in its place", folder.path(newName))
  }

  /// Removes what is called `name`, unless it is a folder.
  package func removeFile(_ name: [UInt8]) throws(InitrdError) {
    guard unlinkat(descriptor.rawValue, cString(name), 0) == 0 else {
      throw .system("remove", path(name))
    }
  }

  /// Removes the empty folder `name`.
  package func removeFolder(_ name: [UInt8]) throws(InitrdError) {
    guard unlinkat(descriptor.rawValue, cString(name), AT_REMOVEDIR) == 0 else {
      throw .system("remove", path(name))
    }
  }

  /// Sets what is known of `name`; not the mode of a symbolic link, which has none.
  ///
  /// Only for a folder in which nobody else can put a link in the place of a file.
  package func setAttributes(
    _ attributes: Attributes, of name: [UInt8], isSymlink: Bool
  ) throws(InitrdError) {
    let (folder, cName) = (descriptor.rawValue, cString(name))
    // The owner goes first: a change of owner takes the set-id bits away.
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

  /// Sets what is known of this folder.
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

  /// How the entry `name` of this folder is named in messages.
  private func path(_ name: [UInt8]) -> String { "\(self.name)/\(printable(name))" }
}

/// `bytes`, in which no NUL may be, with the NUL that C wants behind them.
private func cString(_ bytes: [UInt8]) -> [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }
