import CSyscalls
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a file has beside its content.
extension OpenFile {
  /// Gives this file the owner, the permissions and the extended attributes of `other`.
  ///
  /// - Throws: `system` when the user may not do that.
  package func takeAttributes(of other: borrowing OpenFile) throws(InitrdError) {
    let (old, new) = (other.descriptor.rawValue, descriptor.rawValue)
    var (wanted, own) = (stat(), stat())
    guard fstat(old, &wanted) == 0 else { throw .system("examine", other.name) }
    guard fstat(new, &own) == 0 else { throw .system("examine", name) }
    // The owner goes first: a change of owner takes bits of the mode and some attributes away.
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
      // A new file may have the same from its directory or the system already.
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

  /// The names of the extended attributes that outlive a change of the content; none where the file system has none.
  private func attributeNames() throws(InitrdError) -> [String] {
    // Linux has no more than these bytes of names for a file.
    var names = [CChar](repeating: 0, count: 65_536)
    let count = flistxattr(descriptor.rawValue, &names, names.count)
    guard count >= 0 else {
      if errno == ENOTSUP { return [] }
      throw .system("list the extended attributes of", name)
    }
    return names.prefix(count).split(separator: 0).map {
      String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    // Checksums of the old content, and of the attributes with it.
    .filter { !["security.ima", "security.evm"].contains($0) }
  }

  /// The value of an extended attribute; `nil` when there is none.
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
