/// Looks for all that a kernel would refuse, drop, misread or fail to boot in an image.
package struct ImageCheck: Sendable {
  /// The image.
  package var image: ImageFile
  /// The kernel whose rules count; `nil` for the strictest of all.
  package var version: KernelVersion?
  /// Whether the image is meant to follow another: folders and /init may be there already.
  package var isPartial = false
  /// The kernel's image, for its release and configuration.
  package var kernelImage: String?
  /// The kernel's configuration, in place of that in its image.
  package var kernelConfig: String?
  /// How much is read and held.
  package var limits = ReadLimits()

  /// The check of `image`.
  package init(_ image: ImageFile) { self.image = image }

  /// The check of the image at `path`.
  package init(_ path: String) { self.init(ImageFile(path)) }

  /// Reads the image, once.
  ///
  /// - Throws: `system` or `bad-input` when a file can't be read at all.
  package func run() throws(InitrdError) -> CheckReport { try examine().report }

  /// The same, with the tree that the kernel would have.
  func examine() throws(InitrdError) -> (report: CheckReport, tree: UnpackedTree) {
    let kernel = try KernelRules(image: kernelImage, config: kernelConfig)
    var reader = try ImageReader(image, limits, isExact: true)
    reader.refusesDamagedTrailers = version.map { $0.major >= 7 } ?? true
    var pass = CheckPass(version: version, isPartial: isPartial, limits: limits)
    let failure = try reader.readAsFarAsPossible(
      beginning: { (segment: ImageSegment, head: [UInt8]) throws(InitrdError) in
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
      findings += RootRules.findings(settings, IncludedModules(settings, files), kernel.drivers)
    }
    findings += kernel.findings(files, reader.segments)
    for finding in findings { report.add(finding) }
    return (report, files.tree)
  }
}
