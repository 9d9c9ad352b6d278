/// What an entry of an image is for, by its reasons: the groups in which the report sums sizes up.
public enum EntryKind: String, CaseIterable, Sendable {
  /// Programs and scripts of `binaries`, and the interpreters of scripts.
  case programs
  /// Libraries and dynamic linkers.
  case libraries
  /// Kernel modules and their lists.
  case modules
  /// Firmware.
  case firmware
  /// Files of `trees`.
  case trees
  /// The init, busybox, and what both need.
  case initFiles = "init"
  /// Everything else: `files`, directories, nodes, microcode.
  case other
}

extension Reason {
  /// The group of an entry with this reason; `nil` for a reason that tells nothing: a directory has what is below it.
  var entryKind: EntryKind? {
    switch self {
    case .requested(let key, _, _):
      switch key.split(separator: ".").first {
      case "binaries": .programs
      case "modules": .modules
      case "firmware": .firmware
      case "trees": .trees
      default: .other
      }
    case .needed(_, .interpreter): .programs
    case .needed: .libraries
    case .firmware: .firmware
    case .dependency, .softDependency: .modules
    case .generated(.libraryCache), .generated(.libraryPath), .generated(.nameServices): .libraries
    case .generated(.moduleDependencies), .generated(.moduleAliases), .generated(.moduleOptions):
      .modules
    case .generated: .initFiles
    case .link, .parent: nil
    }
  }
}

extension PlannedEntry {
  /// The group of the entry: that of its first reason that tells one.
  public var kind: EntryKind { reasons.lazy.compactMap(\.entryKind).first ?? .other }
}

extension Plan {
  /// The entries and bytes of one group.
  public struct KindSize: Equatable, Sendable {
    /// The group.
    public var kind: EntryKind
    /// The number of its entries.
    public var entries: Int
    /// Bytes of its files and link targets before compression; of hard links once.
    public var bytes: UInt64
  }

  /// The sizes of all groups that have entries, in the order of ``EntryKind``.
  public var sizesByKind: [KindSize] {
    var sizes = Dictionary(
      uniqueKeysWithValues: EntryKind.allCases.map {
        ($0, KindSize(kind: $0, entries: 0, bytes: 0))
      })
    for entry in entries {
      sizes[entry.kind]?.entries += 1
      sizes[entry.kind]?.bytes += UInt64(entry.storedSize)
    }
    return EntryKind.allCases.compactMap { sizes[$0] }.filter { $0.entries > 0 }
  }
}
