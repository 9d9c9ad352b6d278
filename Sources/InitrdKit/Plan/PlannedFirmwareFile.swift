/// A firmware file that modules name or that the manifest includes.
public struct PlannedFirmwareFile: Equatable, Sendable {
  /// The name that a driver requests: a path below `lib/firmware`, as bytes. If nothing matches a glob, it is the glob.
  public var name: [UInt8]
  /// The path at which the kernel finds the file in the image; `nil` if the sysroot does not have it.
  public var path: ImagePath?
  /// The modules that name it; empty if only the manifest does.
  public var modules: [String]
}
