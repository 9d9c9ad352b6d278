/// Finds everything in an image that a kernel would refuse, drop, misread or fail to boot.
package struct ImageCheck: Sendable {
  /// The image.
  package var image: ImageFile
  /// The version of the kernel; `nil`: the strictest rules apply.
  package var version: KernelVersion?
  /// Whether the image is appended to another one, which may contain its directories and /init.
  package var isPartial = false
  /// The path of the kernel's image, which contains its release and configuration; `nil`: unknown.
  package var kernelImage: String?
  /// The path of the kernel's configuration; `nil`: that in the kernel's image is used.
  package var kernelConfig: String?
  /// The limits for memory and decompressed bytes.
  package var limits = ReadLimits()

  /// Makes a check of `image`.
  package init(_ image: ImageFile) { self.image = image }

  /// Makes a check of the image at `path`.
  package init(_ path: String) { self.init(ImageFile(path)) }

  /// Reads the image once, and checks it.
  ///
  /// - Throws: `system` if a file can't be read, `bad-input` for an invalid kernel image or configuration.
  package func run() throws(InitrdError) -> CheckReport { try examine().report }

  /// Reads the image once, and checks it; also returns the tree that the kernel would have.
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
