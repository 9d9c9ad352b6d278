extension Manifest {
  /// `early`: files that the kernel reads before it unpacks anything, from a separate archive.
  public struct Early: Equatable, Sendable {
    /// The microcode to include.
    public enum Microcode: Equatable, Sendable {
      /// All of the sysroot's `lib/firmware/intel-ucode` and `amd-ucode`.
      case auto
      /// None.
      case none
      /// These files.
      case files([Item])
    }

    /// The microcode to include.
    public var microcode = Microcode.none
    /// The files of ACPI tables.
    public var acpi: [Item] = []

    /// Nothing.
    public init() {}
  }

  /// An item of `segments`: a separate archive for some of the entries.
  public struct Segment: Equatable, Sendable {
    /// The name in reports.
    public var name: String
    /// Patterns of the paths in it; `*` also matches slashes.
    public var contents: [Item]
    /// The compression of the archive.
    public var compression = CompressionChoice.auto
    /// The location in the manifest; `nil` for a manifest made in code.
    public var location: InitrdError.Location?

    /// A segment for the entries that match one of `contents`.
    public init(name: String, contents: [Item]) {
      self.name = name
      self.contents = contents
    }
  }
}
