/// The kernel of a sysroot: its release, its module tree and its configuration.
package struct KernelTree: Sendable {
  /// The release, as `uname -r` prints it.
  package let release: String
  /// The path of the module tree in the sysroot; `nil` if the sysroot has none for this release.
  let moduleDirectory: String?
  /// The configuration; `nil` if none was found.
  package let config: KernelConfig?
  /// The path of the configuration, for messages.
  let configPath: String?
  /// Notes about optional files that do not exist.
  private(set) var diagnostics = Diagnostics()

  /// The release `wanted`, or the only one in the sysroot's `lib/modules`.
  ///
  /// - Throws: `manifest` for an invalid name, `missing` if there is no release, `ambiguous` if there are several.
  static func release(
    _ wanted: String?, in sysroot: borrowing Sysroot, at location: InitrdError.Location?
  ) throws(InitrdError) -> String {
    if let wanted {
      guard !wanted.isEmpty, !wanted.utf8.contains(UInt8(ascii: "/")), wanted != "..", wanted != "."
      else {
        throw InitrdError(
          .manifest, "\"\(printable(wanted.utf8))\" is not a valid kernel release", at: location)
      }
      return wanted
    }
    let releases = try releases(in: sysroot)
    let list = releases.joined(separator: ", ")
    switch releases.count {
    case 1: return releases[0]
    case 0:
      throw InitrdError(
        .missing, "no kernel modules in \(sysroot.display("lib/modules"))", at: location,
        remedy: "set \"release\" of a kernel without modules, or \"kernel\": null")
    default:
      throw InitrdError(
        .ambiguous, "the sysroot has several kernels: \(list)", at: location,
        remedy: "choose one with --kernel-release or the manifest's \"kernel\": {\"release\": …}")
    }
  }

  /// All releases with modules in the sysroot, sorted.
  static func releases(in sysroot: borrowing Sysroot) throws(InitrdError) -> [String] {
    // On a system where lib is not a link to usr/lib, both can have modules.
    var found: Set<String> = []
    for folder in ["lib/modules", "usr/lib/modules"] {
      for name in try sysroot.entries(folder) ?? [] {
        let name = String(decoding: name, as: UTF8.self)
        // A directory without a list of modules, or with unreadable ones, is not a kernel's.
        for file in ["modules.dep", "modules.order", "modules.builtin"]
        where (try? sysroot.isFile("\(folder)/\(name)/\(file)")) == true { found.insert(name) }
      }
    }
    return found.sorted()
  }

  /// The kernel `release` of the sysroot, with the files that `manifest` names.
  ///
  /// - Throws: `missing` for requested files that do not exist, `bad-input` for other content, `conflict` for an image
  ///   of another release.
  init(
    release: String, manifest: Manifest.Kernel, in sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    self.release = release
    let tree = "lib/modules/\(release)"
    moduleDirectory = try sysroot.isFolder(tree) ? tree : nil

    let image = try Self.image(manifest, release: release, in: sysroot)
    if image == nil, let wanted = manifest.image {
      diagnostics.note(
        .missing, "kernel.image: \(sysroot.display(wanted.name)) does not exist",
        at: wanted.location)
    }
    if let wanted = manifest.config {
      if let text = try Self.configText(wanted.name, in: sysroot) {
        (config, configPath) = (KernelConfig(text: text), sysroot.display(wanted.name))
      } else if wanted.optional {
        (config, configPath) = (nil, nil)
        diagnostics.note(
          .missing, "kernel.config: \(sysroot.display(wanted.name)) does not exist",
          at: wanted.location)
      } else {
        throw InitrdError(
          .missing, "kernel.config: \(sysroot.display(wanted.name)) does not exist",
          at: wanted.location)
      }
      guard config?.isEmpty != true else {
        throw InitrdError(
          .badInput, "not a kernel configuration: no line begins with CONFIG_",
          at: .init(file: configPath))
      }
      return
    }
    for path in ["boot/config-\(release)", "\(tree)/config"] {
      if let text = try Self.configText(path, in: sysroot) {
        (config, configPath) = (KernelConfig(text: text), sysroot.display(path))
        return
      }
    }
    config = try image?.config()
    configPath = config == nil ? nil : image?.name
    guard moduleDirectory == nil, config == nil, image == nil else { return }
    let others = try Self.releases(in: sysroot)
    guard others.isEmpty else {
      let near = nearest(to: release, in: others).map { "did you mean \"\($0)\"?" }
      throw InitrdError(
        .missing, "the sysroot has no files of the kernel \(printable(release.utf8))",
        at: manifest.location, remedy: near ?? "use one of: " + others.joined(separator: ", "))
    }
    diagnostics.note(.missing, "the sysroot has no files of the kernel \(release)")
  }

  /// The machine for which the modules of `release` are built; `nil` if no module can be read.
  static func architecture(
    of release: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> Architecture? {
    let tree = "lib/modules/\(release)"
    guard let line = try sysroot.lines("\(tree)/modules.dep")?.first(where: { !$0.isEmpty })
    else { return nil }
    let path = "\(tree)/" + String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    // Errors in a module are reported when the manifest requests it.
    guard var bytes = try sysroot.contentsOfExample(path, limit: 256 << 20) else { return nil }
    if let format = Compression.detect(bytes.span) {
      let whole = try? Decompressor.decompressWhole(bytes.span, format: format, limit: 256 << 20)
      bytes = whole ?? []
    }
    return (try? ELF(bytes))?.architecture
  }

  /// The kernel image that the manifest names; `nil` if it names none, or an optional one that does not exist.
  ///
  /// - Throws: `conflict` if the image is of another release than `release`.
  private static func image(
    _ manifest: Manifest.Kernel, release: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> KernelImage? {
    guard let wanted = manifest.image else { return nil }
    let path = try place(of: wanted, release: release, in: sysroot)
    guard let bytes = try sysroot.contents(path, limit: 512 << 20) else {
      if wanted.optional { return nil }
      throw InitrdError(
        .missing, "kernel.image: \(sysroot.display(wanted.name)) does not exist",
        at: wanted.location)
    }
    let image: KernelImage
    do throws(InitrdError) {
      image = try KernelImage(bytes, name: sysroot.display(path))
    } catch {
      throw InitrdError(
        error.code, "kernel.image: \(sysroot.display(path)): \(error.message)",
        at: wanted.location ?? error.location, remedy: error.remedy)
    }
    if let found = try image.releaseInside(), found != release {
      throw InitrdError(
        .conflict,
        "\(image.name) is the kernel \(found), which refuses modules of \(release)",
        at: wanted.location,
        remedy:
          "use the image of the kernel \(release), or choose another kernel with --kernel-release")
    }
    return image
  }

  /// The path of the kernel image. If `boot/vmlinuz-RELEASE` does not exist, it is `vmlinuz` in the module tree, where
  /// Debian has it since 2026.
  private static func place(
    of wanted: Manifest.Item, release: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> String {
    let name = wanted.name.utf8.drop { $0 == UInt8(ascii: "/") }
    guard name.elementsEqual("boot/vmlinuz-\(release)".utf8),
      try sysroot.open(wanted.name) == nil
    else { return wanted.name }
    let other = "lib/modules/\(release)/vmlinuz"
    return try sysroot.isFile(other) ? other : wanted.name
  }

  private static func configText(
    _ path: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> [UInt8]? {
    guard let bytes = try sysroot.contents(path, limit: 16 << 20) else { return nil }
    guard let format = Compression.detect(bytes.span) else { return bytes }
    do {
      return try Decompressor.decompressWhole(bytes.span, format: format, limit: 16 << 20)
    } catch { throw error.inFile(sysroot.display(path)) }
  }
}
