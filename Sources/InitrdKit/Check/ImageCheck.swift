/// Looks for all that a kernel would refuse, drop, misread or fail to boot in an image.
public struct ImageCheck: Sendable {
  /// What was found.
  public struct Report: Sendable {
    /// The findings in the order of the image; 1,000 of each code at most.
    public internal(set) var findings: [Finding] = []
    /// How many of each code there are.
    public internal(set) var counts: [FindingCode: Int] = [:]
    /// The segments, as far as they were read.
    public internal(set) var segments: [ImageReader.Segment] = []
    /// The entries that were read.
    public internal(set) var entries = 0
    /// Bytes of the image.
    public internal(set) var bytes: UInt64 = 0

    /// Whether a kernel unpacks all of the image, and finds an init that it can run.
    public var isGood: Bool { !findings.contains { $0.severity == .error } }

    mutating func add(_ finding: Finding) {
      if counts[finding.code, default: 0] < 1000 { findings.append(finding) }
      counts[finding.code, default: 0] += 1
    }
  }

  /// The image.
  public var image: ImageFile
  /// The kernel whose rules count; `nil` for the strictest of all.
  public var version: KernelVersion?
  /// Whether the image is meant to follow another: folders and /init may be there already.
  public var isPartial = false
  /// The kernel's image, for its release and configuration.
  public var kernelImage: String?
  /// The kernel's configuration, in place of that in its image.
  public var kernelConfig: String?
  /// How much is read and held.
  public var limits = ReadLimits()

  /// The check of `image`.
  public init(_ image: ImageFile) { self.image = image }

  /// The check of the image at `path`.
  public init(_ path: String) { self.init(ImageFile(path)) }

  /// Reads the image, once.
  ///
  /// - Throws: `system` or `bad-input` when a file can't be read at all.
  public func run() throws(InitrdError) -> Report { try examine().report }

  /// The same, with the tree that the kernel would have.
  func examine() throws(InitrdError) -> (report: Report, tree: UnpackedTree) {
    let kernel = try KernelRules(image: kernelImage, config: kernelConfig)
    var reader = try ImageReader(image, limits, isExact: true)
    reader.refusesDamagedTrailers = version.map { $0.major >= 7 } ?? true
    var pass = CheckPass(version: version, isPartial: isPartial, limits: limits)
    let failure = try reader.readAsFarAsPossible(
      beginning: { (segment: ImageReader.Segment, head: [UInt8]) throws(InitrdError) in
        pass.begin(segment, head)
      },
      selecting: { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
        try pass.begin(entry)
      }, data: { (piece: Span<UInt8>) throws(InitrdError) in try pass.data(piece) })
    if let failure { pass.end(failure) }
    if let configuration = reader.bootConfiguration, let fault = configuration.fault {
      pass.add(configuration, fault)
    }
    var report = pass.finish(reader.segments, bytes: reader.size)
    let files = pass.files
    let settings = files.settings
    var findings = InitRules.findings(
      files, program: settings?.programInImage, isPartial: isPartial)
    findings += ModuleRules.findings(files, release: kernel.release, isPartial: isPartial)
    if let settings, !isPartial {
      findings += RootRules.findings(settings, CarriedModules(settings, files), kernel.drivers)
    }
    findings += kernel.findings(files, reader.segments)
    for finding in findings { report.add(finding) }
    return (report, files.tree)
  }
}
