public import SystemPackage

/// The kernel for which `Image.check(_:)` checks an image.
public struct CheckOptions: Sendable {
  /// The kernel version whose rules apply; `nil`: the strictest rules of all versions.
  public var version: KernelVersion?
  /// Whether the image follows another one, which has directories, /init, libraries and modules.
  public var isPartial = false
  /// The kernel's image, for its release and configuration.
  public var kernelImage: FilePath?
  /// The kernel's configuration file; it replaces the configuration in the kernel's image.
  public var kernelConfig: FilePath?

  /// No kernel is known.
  public init() {}
}

/// The files and attributes that `Image.extract(to:_:)` writes.
public struct ExtractOptions: Sendable {
  /// Shell patterns for whole paths, in which `*` also matches slashes; a directory stands for everything in it. None:
  /// everything.
  public var patterns: [String] = []
  /// Whether each segment is unpacked separately, into directories `0`, `1` and so on.
  public var perSegment = false
  /// Whether the directory may contain files, which are replaced where the image has the same names.
  public var overwrites = false
  /// Whether devices, fifos and sockets are created.
  public var makesDevices = false
  /// Whether set-user-ID and set-group-ID bits are set.
  public var setsIDBits = false
  /// Whether files get the owners and groups of the image.
  public var setsOwners = false

  /// All files, with permissions and times.
  public init() {}
}
