extension Manifest {
  /// An item of `trees`: a directory that is included with everything in it.
  public struct Tree: Equatable, Sendable {
    /// What happens to extended attributes and file capabilities, which an initramfs can't hold.
    public enum ExtendedAttributes: String, CaseIterable, Sendable {
      /// A note in the report lists them.
      case note
      /// An error lists them.
      case error
    }

    /// The path of the directory: in the sysroot, or in the manifest's directory if it begins with `./` or `../`.
    public var source: String
    /// The path of the tree in the image.
    public var dest: ImagePath
    /// Patterns of paths below ``source`` to leave out; `*` also matches slashes, and a directory stands for everything
    /// in it.
    public var exclude: [Item] = []
    /// The owner of all entries; `nil`: that of each file.
    public var owner: Owner?
    /// What happens to extended attributes.
    public var extendedAttributes = ExtendedAttributes.note
    /// Whether the source may be missing.
    public var optional = false
    /// The location in the manifest; `nil` for a manifest made in code.
    public var location: InitrdError.Location?

    /// A tree at `dest`.
    public init(_ source: String, dest: ImagePath = .root) {
      self.source = source
      self.dest = dest
    }
  }

  /// An owner and a group.
  public struct Owner: Hashable, Sendable {
    /// The owner, 0 to 4294967294.
    public var uid: UInt32
    /// The group, 0 to 4294967294.
    public var gid: UInt32

    /// An owner and a group.
    public init(uid: UInt32, gid: UInt32) {
      self.uid = uid
      self.gid = gid
    }
  }
}
