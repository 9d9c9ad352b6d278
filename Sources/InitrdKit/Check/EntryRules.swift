/// Rules for single entries that the kernel reads in another way than they were meant.
struct EntryRules {
  /// The version of the kernel; `nil`: the strictest rules apply.
  let version: KernelVersion?
  private var withData: Set<UnpackedTree.LinkKey> = []
  private var trailers = 0

  init(version: KernelVersion?) { self.version = version }

  /// The directories of files that the kernel reads before it unpacks anything.
  private static let earlyFolders = ["kernel/x86/microcode/", "kernel/firmware/acpi/"]

  /// Checks an entry. A refused entry ends the reading.
  ///
  /// - Parameters:
  ///   - entry: the entry.
  ///   - isEarly: whether no compressed segment comes before it.
  /// - Returns: the findings.
  mutating func findings(_ entry: NewcReader.Entry, isEarly: Bool) -> [Finding] {
    let header = entry.header
    var findings: [Finding] = []
    if let field = entry.damagedField {
      var finding = Finding(
        .damagedHeader, "the header field at byte \(field) is not hexadecimal")
      if let version, version.major < 7 {
        (finding.severity, finding.effect) = (.warning, .misread)
      }
      findings.append(finding)
    }
    if header.type == .characterDevice || header.type == .blockDevice,
      header.rdevMajor >= 1 << 12 || header.rdevMinor >= 1 << 20
    {
      findings.append(
        Finding(
          .deviceNumber,
          "the kernel uses only the low bits of the device number"
            + " \(header.rdevMajor):\(header.rdevMinor)"))
    }
    if trailers != entry.trailers { withData = [] }
    trailers = entry.trailers
    if header.links >= 2, header.type == .regular, header.fileSize > 0 {
      let key = UnpackedTree.LinkKey(
        major: header.deviceMajor, minor: header.deviceMinor, inode: header.inode,
        type: FileType.regular.rawValue)
      if !withData.insert(key).inserted {
        findings.append(
          Finding(
            .mergedFiles,
            "a second name of inode \(header.inode) has data, which replaces that of all its names")
        )
      }
    }
    if header.type == .regular, let finding = Self.early(entry.name, isEarly) {
      findings.append(finding)
    }
    return findings
  }

  private static func early(_ name: [UInt8], _ isEarly: Bool) -> Finding? {
    let start = ["./", "/"].first { name.starts(with: $0.utf8) } ?? ""
    let plain = name.dropFirst(start.utf8.count)
    guard earlyFolders.contains(where: { plain.starts(with: $0.utf8) }) else { return nil }
    if !start.isEmpty {
      return Finding(
        .earlyName, "the name begins with \(start), so the kernel does not find it")
    }
    return isEarly
      ? nil
      : Finding(
        .earlyPlace, "it is in or after a compressed segment, so the kernel does not find it")
  }

  /// The code for the reason why the kernel drops an entry.
  static func code(_ dropped: UnpackedTree.Dropped) -> FindingCode {
    switch dropped {
    case .noName: .nameSize
    case .noFolder: .missingFolder
    case .notAFolder: .notAFolder
    case .links: .symlinkLoop
    case .longName: .longName
    case .folderName: .slashAfterName
    case .occupied: .occupied
    case .linkGone: .lostHardLink
    case .type: .unknownType
    case .data: .unexpectedData
    case .longTarget: .longTarget
    }
  }
}
