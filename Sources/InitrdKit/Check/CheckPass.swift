/// One reading of an image: passes its parts to the rules, and collects their findings.
struct CheckPass {
  private(set) var report = CheckReport()
  private var builder: TreeBuilder
  private var rules: EntryRules
  private var segment = ImageSegment(offset: 0, compression: .uncompressed)
  private var number = -1
  private var entry: NewcReader.Entry?
  private var content: [UInt8]?
  private var summaries: [Int: FileSummary] = [:]
  /// The size of the lists and names in the summaries, in bytes.
  private var held = 0
  private var decompressedModules = 0
  private let memoryLimit: UInt64
  /// Whether the kernel still looks for microcode here. It stops at the first compressed segment.
  private var isEarly = true

  /// The maximum number of compressed modules whose release is read. All modules of an image usually have the same one.
  private static let maxDecompressedModules = 32
  private static let maxHeld = 32 << 20

  init(version: KernelVersion?, isPartial: Bool, limits: ReadLimits) {
    memoryLimit = limits.memory
    builder = TreeBuilder(limits)
    if isPartial { builder.trees[0] = UnpackedTree(makingFolders: true) }
    if let version, version.major < 7 { builder.trees[0]?.maxTarget = 4096 }
    rules = EntryRules(version: version)
  }

  mutating func begin(_ segment: ImageSegment, _ head: [UInt8]) -> ReadStep {
    self.segment = segment
    number += 1
    entry = nil
    if segment.compression != .uncompressed { isEarly = false }
    return add(CodecRules.findings(segment.compression, head), at: segment.offset)
  }

  mutating func begin(_ entry: NewcReader.Entry) throws(InitrdError) -> ImageReader.EntryStep {
    self.entry = entry
    report.entries += 1
    let findings = rules.findings(entry, isEarly: isEarly)
    if add(findings, at: offset(of: entry), entry.name) == .stop { return .stop }
    let step = try builder.begin(entry, segment: number)
    noteDropped()
    content = nil
    guard builder.file != nil, entry.header.fileSize <= FileSummary.sizeLimit else { return step }
    content = []
    return .readData
  }

  mutating func data(_ piece: Span<UInt8>) throws(InitrdError) {
    guard let entry else { return }
    guard content != nil else {
      builder.data(piece)
      noteDropped()
      return
    }
    if content?.isEmpty == true, !FileSummary.isWanted(entry.name, piece) {
      content = nil
      return
    }
    piece.withUnsafeBufferPointer { content?.append(contentsOf: $0) }
    guard let whole = content, whole.count == Int(entry.header.fileSize) else { return }
    content = nil
    let isCompressed = ModuleFile.compression(entry.name).map { $0 != .uncompressed } ?? false
    if isCompressed { decompressedModules += 1 }
    let summary = FileSummary(
      entry.name, whole, isLinked: entry.header.links > 1,
      unpackingWithin: decompressedModules <= Self.maxDecompressedModules ? memoryLimit : nil)
    held += summary?.held ?? 0
    guard held <= Self.maxHeld else {
      throw InitrdError(
        .limit, "over \(Self.maxHeld) bytes of modules.dep and library names: the check stops here")
    }
    summaries[builder.number] = summary
  }

  /// Adds a boot configuration that the kernel does not accept.
  mutating func add(_ configuration: BootConfiguration, _ fault: String) {
    report.add(
      Finding(
        .bootConfig,
        "the kernel does not remove this boot configuration from the image: it has \(fault)",
        offset: configuration.markOffset))
  }

  /// The tree of the image, with summaries of its files.
  var files: UnpackedFiles {
    UnpackedFiles(tree: builder.trees[0] ?? UnpackedTree(), summaries: summaries)
  }

  /// Adds the error that ended the reading.
  mutating func end(_ error: InitrdError) {
    let code =
      error.rule.flatMap(FindingCode.init) ?? (error.code == .limit ? .tooLarge : .damagedData)
    var finding = Finding(
      code, error.message, segment: number < 0 ? nil : number, offset: error.location?.offset)
    if let remedy = error.remedy { finding.remedy = remedy }
    report.add(finding)
  }

  mutating func finish(
    _ segments: [ImageSegment], bytes: UInt64
  ) -> CheckReport {
    builder.finish()
    for (number, segment) in segments.enumerated() where segment.hasWrongChecksum {
      report.add(
        Finding(
          .uncheckedSum,
          "a wrong checksum or size after the data, which the kernel does not verify",
          segment: number, offset: segment.offset))
    }
    report.segments = segments
    report.bytes = bytes
    return report
  }

  private func offset(of entry: NewcReader.Entry) -> UInt64 {
    segment.compression == .uncompressed ? segment.offset + entry.offset : segment.offset
  }

  private mutating func noteDropped() {
    guard let dropped = builder.takeDropped(), let entry else { return }
    report.add(
      Finding(
        EntryRules.code(dropped), "the kernel drops \(printable(entry.name)): \(dropped.rawValue)",
        segment: number, offset: offset(of: entry), path: entry.name))
  }

  /// Adds findings. The reading stops at the first one that the kernel refuses, because the kernel stops there, too.
  private mutating func add(
    _ findings: [Finding], at offset: UInt64, _ path: [UInt8]? = nil
  ) -> ReadStep {
    for var finding in findings {
      (finding.segment, finding.offset, finding.path) = (number, offset, path)
      report.add(finding)
      if finding.effect == .refused { return .stop }
    }
    return .goOn
  }
}
