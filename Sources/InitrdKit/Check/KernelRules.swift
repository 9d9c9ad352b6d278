/// What a kernel at hand can do with an image.
struct KernelRules {
  /// The release; `nil` when it is not known.
  private(set) var release: String?
  /// The configuration; `nil` when it is not known.
  private(set) var config: KernelConfig?

  /// What is known of its drivers.
  var drivers: KernelDrivers { KernelDrivers(index: nil, config: config) }

  private static let (imageLimit, configLimit) = (1 << 30, 16 << 20)

  /// Reads the files that describe the kernel; either may be missing.
  ///
  /// - Throws: `system` when one can't be read, `bad-input` for what is no kernel or no configuration.
  init(image: String?, config: String?) throws(InitrdError) {
    if let image {
      let bytes = try OpenFile(reading: image, waiting: true).contents(limit: Self.imageLimit)
      let kernel = try KernelImage(bytes, name: image)
      release = try kernel.releaseInside()
      if config == nil { self.config = try kernel.config() }
    }
    if let config {
      let read = KernelConfig(
        text: try OpenFile(reading: config, waiting: true).contents(limit: Self.configLimit))
      guard !read.isEmpty else {
        throw InitrdError(
          .badInput, "no kernel configuration: it has no CONFIG_ line", at: .init(file: config))
      }
      self.config = read
    }
  }

  /// What the kernel can't do.
  ///
  /// - Parameters:
  ///   - files: what the kernel would have.
  ///   - segments: the image's segments.
  /// - Returns: the findings; none without a configuration.
  func findings(_ files: UnpackedFiles, _ segments: [ImageSegment]) -> [Finding] {
    guard let config else { return [] }
    var findings: [Finding] = []
    if !config.isBuiltIn("CONFIG_BLK_DEV_INITRD") {
      findings.append(Finding(.kernelInitrd, "the kernel takes no initramfs at all"))
    }
    for (number, segment) in segments.enumerated() where !config.canDecode(segment.compression) {
      findings.append(
        Finding(
          .kernelCodec,
          "the kernel has no \(segment.compression) (\(segment.compression.kernelOption ?? ""))",
          segment: number, offset: segment.offset))
    }
    let module = files.files(below: "/lib/modules").first {
      ModuleFile.compression($0.path) != nil
    }
    if let module, !config.isBuiltIn("CONFIG_MODULES") {
      findings.append(
        Finding(.kernelModules, "there are modules, and the kernel loads none", path: module.path))
    }
    if !config.isBuiltIn("CONFIG_DEVTMPFS") {
      findings.append(
        Finding(.kernelDevtmpfs, "the kernel has no devtmpfs: /dev has what the image brings"))
    }
    return findings
  }
}
