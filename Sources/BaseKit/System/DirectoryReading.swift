import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Names in an open directory, examined one at a time; no symbolic link is followed.
extension OpenFile {
  /// What the system knows about the entry `name` of this directory.
  ///
  /// - Returns: `nil` when there is no such entry.
  package func status(of name: [UInt8]) throws(InitrdError) -> Status? {
    var status = stat()
    guard fstatat(descriptor.rawValue, cString(name), &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw .system("examine", path(name))
    }
    return Status(status)
  }

  /// The target of the symbolic link `name` of this directory.
  package func linkTarget(of name: [UInt8]) throws(InitrdError) -> [UInt8] {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(descriptor.rawValue, cString(name), &target, Int(PATH_MAX))
    guard count >= 0 else { throw .system("read the symbolic link", path(name)) }
    return target.prefix(count).map(UInt8.init(bitPattern:))
  }

  /// The names of the extended attributes of the entry `name` of this directory, sorted by bytes.
  ///
  /// - Returns: none where the file system has no extended attributes; `nil` when the system can't tell, because `/proc`
  ///   is not mounted.
  package func extendedAttributeNames(of name: [UInt8]) throws(InitrdError) -> [[UInt8]]? {
    // There is no call for a name in a directory before Linux 6.13, and to open each file would take twice the time.
    let inProc = Array("/proc/self/fd/\(descriptor.rawValue)/".utf8) + name
    // Most files have none, and need no room for names.
    let size = llistxattr(cString(inProc), nil, 0)
    if size == 0 { return [] }
    var names = [CChar](repeating: 0, count: 65_536)
    let count = size < 0 ? size : llistxattr(cString(inProc), &names, names.count)
    guard count >= 0 else {
      if errno == ENOTSUP { return [] }
      if errno == ENOENT { return nil }
      throw .system("list the extended attributes of", path(name))
    }
    return names.prefix(count).split(separator: 0).map { $0.map(UInt8.init(bitPattern:)) }
      .sorted { $0.lexicographicallyPrecedes($1) }
  }
}
