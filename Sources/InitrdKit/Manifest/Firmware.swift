extension Manifest {
  /// `firmware`: the files that drivers ask for when they find a device, from the sysroot's `lib/firmware`.
  public struct Firmware: Equatable, Sendable {
    /// What happens with the firmware that the included modules name.
    public enum Policy: String, CaseIterable, Sendable {
      /// What exists is included; a note lists the rest.
      case referenced
      /// All of it is included; what does not exist is an error.
      case required
      /// None of it is included.
      case none
    }

    /// What happens with the firmware that the included modules name.
    public var policy = Policy.referenced
    /// More firmware: paths, globs and directories below `lib/firmware`.
    public var include: [Item] = []
    /// Firmware to leave out, whatever names it: paths, globs and directories below `lib/firmware`.
    public var exclude: [Item] = []

    /// The firmware that the included modules name, as far as it exists.
    public init() {}
  }
}

extension ManifestRules {
  /// A path, glob or directory below `lib/firmware`.
  static func firmware(_ value: String) -> Violation? {
    if let violation = name(value) { return violation }
    var names = value.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if names.count > 1, names.last?.isEmpty == true { names.removeLast() }
    let isPlain = names.allSatisfy { name in
      ![[], [0x2E], [0x2E, 0x2E]].contains { (other: [UInt8]) in name.elementsEqual(other) }
    }
    return isPlain
      ? nil
      : Violation(
        message: "\"\(printable(value.utf8))\" is not a path below lib/firmware",
        remedy: "write it without lib/firmware/, a leading slash, \".\" or \"..\"")
  }
}
