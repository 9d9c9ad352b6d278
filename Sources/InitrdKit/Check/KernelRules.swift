/// Rules for the kernel that will boot an image.
struct KernelRules {
  /// The release; `nil`: unknown.
  private(set) var release: String?
  /// The configuration; `nil`: unknown.
  private(set) var config: KernelConfig?

  /// The known drivers of the kernel.
  var drivers: KernelDrivers { KernelDrivers(index: nil, config: config) }

  private static let (imageLimit, configLimit) = (1 << 30, 16 << 20)

  /// Reads the kernel's image and configuration. Both are optional.
  ///
  /// - Throws: `system` if a file can't be read, `bad-input` if it is not a kernel image or not a configuration.
  init(image: String?, config: String?) throws(InitrdError) {
    if let image {
      let bytes = try OpenFile(reading: image, waiting: true).contents(limit: Self.imageLimit)
      let kernel = try KernelImage(bytes, name: image)
      release = try kernel.releaseInside()
      if config == nil { self.config = try kernel.config() }
    }
    if let config {
      let text = try OpenFile(reading: config, waiting: true).contents(limit: Self.configLimit)
      let read = KernelConfig(text: text)
      guard !read.isEmpty else {
        throw InitrdError(
          .badInput, "this is not a kernel configuration: it has no CONFIG_ line",
          at: .init(file: config))
      }
      self.config = read
    }
  }

  /// Finds features of an image that the kernel does not support.
  ///
  /// - Parameters:
  ///   - files: the files that the kernel would have.
  ///   - segments: the image's segments.
  /// - Returns: the findings; empty if the configuration is unknown.
  func findings(_ files: UnpackedFiles, _ segments: [ImageSegment]) -> [Finding] {
    guard let config else { return [] }
    var findings: [Finding] = []
    if !config.isBuiltIn("CONFIG_BLK_DEV_INITRD") {
      findings.append(Finding(.kernelInitrd, "the kernel does not support an initramfs"))
    }
    for (number, segment) in segments.enumerated() where !config.canDecode(segment.compression) {
      findings.append(
        Finding(
          .kernelCodec,
          "the kernel can't decode \(segment.compression)"
            + " (\(segment.compression.kernelOption ?? ""))",
          segment: number, offset: segment.offset))
    }
    let module = files.files(below: "/lib/modules").first {
      ModuleFile.compression($0.path) != nil
    }
    if let module, !config.isBuiltIn("CONFIG_MODULES") {
      findings.append(
        Finding(
          .kernelModules, "the image has modules, but the kernel does not support modules",
          path: module.path))
    }
    if !config.isBuiltIn("CONFIG_DEVTMPFS") {
      findings.append(
        Finding(
          .kernelDevtmpfs, "the kernel has no devtmpfs, so /dev has only the nodes of the image"))
    }
    return findings
  }
}
