import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The owner, permissions and extended attributes of a file.
extension OpenFile {
  /// Gives this file the owner, the permissions and the extended attributes of `other`.
  ///
  /// - Throws: `system` if the user has no permission for this.
  package func takeAttributes(of other: borrowing OpenFile) throws(InitrdError) {
    let (old, new) = (other.descriptor.rawValue, descriptor.rawValue)
    var (wanted, own) = (stat(), stat())
    guard fstat(old, &wanted) == 0 else { throw .system("examine", other.name) }
    guard fstat(new, &own) == 0 else { throw .system("examine", name) }
    // The owner is set first, because a change of the owner removes mode bits and some attributes.
    if (wanted.st_uid, wanted.st_gid) != (own.st_uid, own.st_gid),
      fchown(new, wanted.st_uid, wanted.st_gid) != 0
    {
      throw Self.cannotKeep("owner \(wanted.st_uid):\(wanted.st_gid)", of: other)
    }
    guard fchmod(new, wanted.st_mode & 0o7777) == 0 else {
      throw Self.cannotKeep("permissions", of: other)
    }
    for attribute in try other.attributeNames() {
      guard let value = try other.attribute(attribute) else { continue }
      // The new file may already have the same value from its directory or the system.
      if try self.attribute(attribute) == value { continue }
      guard fsetxattr(new, attribute, value, value.count, 0) == 0 else {
        throw Self.cannotKeep("extended attribute \(attribute)", of: other)
      }
    }
  }

  private static func cannotKeep(_ what: String, of file: borrowing OpenFile) -> InitrdError {
    InitrdError(
      .system, "can't keep the file's \(what): \(InitrdError.reason())",
      at: .init(file: file.name),
      remedy: "run it as the file's owner or as root, or write a copy with -o")
  }

  /// The names of the extended attributes that are valid for any content; empty if the file system does not support them.
  private func attributeNames() throws(InitrdError) -> [String] {
    // The maximum size of all names of a file in Linux.
    var names = [CChar](repeating: 0, count: 65_536)
    let count = flistxattr(descriptor.rawValue, &names, names.count)
    guard count >= 0 else {
      if errno == ENOTSUP { return [] }
      throw .system("list the extended attributes of", name)
    }
    return names.prefix(count).split(separator: 0).map {
      String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    // These are checksums of the old content and of its attributes.
    .filter { !["security.ima", "security.evm"].contains($0) }
  }

  /// The value of an extended attribute; `nil` if it does not exist.
  private func attribute(_ attribute: String) throws(InitrdError) -> [UInt8]? {
    var value = [UInt8](repeating: 0, count: 65_536)
    let count = fgetxattr(descriptor.rawValue, attribute, &value, value.count)
    guard count >= 0 else {
      if errno == ENODATA || errno == ENOTSUP { return nil }
      throw .system("read the extended attribute \(attribute) of", name)
    }
    return Array(value.prefix(count))
  }
}
