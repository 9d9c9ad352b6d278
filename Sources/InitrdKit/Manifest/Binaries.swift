extension Manifest {
  /// An item of `binaries`: a program, library or script of the sysroot, with the files that it needs.
  public struct Binary: Equatable, Sendable, ExpressibleByStringLiteral {
    /// The libraries of notes (`.note.dlopen`) that are included; each word includes those before it.
    public enum DlopenChoice: String, CaseIterable, Sendable {
      /// None.
      case none
      /// Libraries without which the program does not work.
      case required
      /// Also libraries without which important features do not work.
      case recommended
      /// All libraries.
      case suggested
    }

    /// The path: in the sysroot, or in the manifest's directory if it begins with `./` or `../`.
    public var path: String
    /// The path of the program in the image; `nil`: the one in the sysroot. Its libraries stay where they are.
    public var dest: ImagePath?
    /// Whether libraries and interpreters are included.
    public var libraries = true
    /// The libraries of notes that are included.
    public var dlopen = DlopenChoice.recommended
    /// Owner and mode of the program; the default mode is 0755 where the source is executable, else 0644.
    public var ownership: Ownership
    /// Whether the program may be missing. Its libraries may not.
    public var optional = false
    /// The location in the manifest; `nil` for a manifest made in code.
    public var location: InitrdError.Location?

    /// The program at `path`.
    public init(_ path: String, dest: ImagePath? = nil, ownership: Ownership = Ownership()) {
      self.path = path
      self.dest = dest
      self.ownership = ownership
    }

    /// A required program by its path in the sysroot.
    public init(stringLiteral path: String) { self.init(path) }
  }
}
