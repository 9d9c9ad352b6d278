extension Manifest {
  /// `early`: what the kernel reads before it unpacks anything, from an archive of its own.
  public struct Early: Equatable, Sendable {
    /// Which microcode is carried.
    public enum Microcode: Equatable, Sendable {
      /// All of the sysroot's `lib/firmware/intel-ucode` and `amd-ucode`.
      case auto
      /// None.
      case none
      /// These files.
      case files([Item])
    }

    /// Which microcode is carried.
    public var microcode = Microcode.none
    /// ACPI tables, by their files.
    public var acpi: [Item] = []

    /// Nothing.
    public init() {}
  }

  /// An item of `segments`: an archive of its own for some of the entries.
  public struct Segment: Equatable, Sendable {
    /// What it is called in reports.
    public var name: String
    /// Patterns of the paths that go into it; `*` stands for any bytes, slashes too.
    public var contents: [Item]
    /// How it is compressed.
    public var compression = CompressionChoice.auto
    /// Where the manifest names it.
    public var location: InitrdError.Location?

    /// A segment for what fits one of `contents`.
    public init(name: String, contents: [Item]) {
      self.name = name
      self.contents = contents
    }
  }
}
