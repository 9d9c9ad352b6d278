/// What single entries say that the kernel reads in another way.
struct EntryRules {
  /// The kernel whose rules count; `nil` for the strictest.
  let version: KernelVersion?
  private var withData: Set<UnpackedTree.LinkKey> = []
  private var trailers = 0

  init(version: KernelVersion?) { self.version = version }

  /// What is odd about an entry; a refused one ends the reading.
  mutating func findings(_ entry: NewcReader.Entry) -> [Finding] {
    let header = entry.header
    var findings: [Finding] = []
    if let field = entry.damagedField {
      var finding = Finding(
        .damagedHeader, "the header field at byte \(field) has more than hexadecimal digits")
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
          "device \(header.rdevMajor):\(header.rdevMinor), of which the kernel takes the low bits"))
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
            "a second name of inode \(header.inode) with data: it becomes that of all names"))
      }
    }
    let early = Array("kernel/x86/microcode/".utf8)
    if header.type == .regular,
      [Array("./".utf8), Array("/".utf8)].contains(where: { entry.name.starts(with: $0 + early) })
    {
      findings.append(
        Finding(.earlyName, "microcode under a name that the kernel's loader does not look for"))
    }
    return findings
  }

  /// The rule by which the kernel drops an entry.
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
