/// The kernel of a sysroot: its release, its module tree and its configuration.
package struct KernelTree: Sendable {
  /// The release, as `uname -r` tells it on that kernel.
  package let release: String
  /// The module tree's path in the sysroot; `nil` when the sysroot has none for this release.
  let moduleDirectory: String?
  /// The configuration; `nil` when none was found.
  package let config: KernelConfig?
  /// Where the configuration was found, for messages.
  let configPath: String?
  /// Notes about optional files that do not exist.
  private(set) var diagnostics = Diagnostics()

  /// The release that is meant: `release`, or the only one under the sysroot's `lib/modules`.
  ///
  /// - Throws: `missing` when there is none, `ambiguous` when there are several.
  static func release(
    _ wanted: String?, in sysroot: borrowing Sysroot, at location: InitrdError.Location?
  ) throws(InitrdError) -> String {
    if let wanted {
      guard !wanted.isEmpty, !wanted.utf8.contains(UInt8(ascii: "/")), wanted != "..", wanted != "."
      else {
        throw InitrdError(
          .manifest, "\"\(printable(wanted.utf8))\" can't be a kernel release", at: location)
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
        remedy: "name the release of a kernel without modules, or write \"kernel\": null")
    default:
      throw InitrdError(
        .ambiguous, "several kernels in the sysroot: \(list)", at: location,
        remedy: "choose one with --kernel-release or the manifest's \"kernel\": {\"release\": …}")
    }
  }

  /// All releases that the sysroot has modules of, sorted.
  static func releases(in sysroot: borrowing Sysroot) throws(InitrdError) -> [String] {
    // lib and usr/lib are one: on a system without merged folders both may have some.
    var found: Set<String> = []
    for folder in ["lib/modules", "usr/lib/modules"] {
      for name in try sysroot.entries(folder) ?? [] {
        let name = String(decoding: name, as: UTF8.self)
        // An empty or left-over folder without a list of modules is no kernel, nor is one that can't be read.
        for file in ["modules.dep", "modules.order", "modules.builtin"]
        where (try? sysroot.isFile("\(folder)/\(name)/\(file)")) == true { found.insert(name) }
      }
    }
    return found.sorted()
  }

  /// The kernel `release` of the sysroot, with what `manifest` says about its files.
  init(
    release: String, manifest: Manifest.Kernel, in sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    self.release = release
    let tree = "lib/modules/\(release)"
    moduleDirectory = try sysroot.isFolder(tree) ? tree : nil

    let image = try Self.image(manifest, release: release, in: sysroot)
    if image == nil, let wanted = manifest.image {
      diagnostics.note(
        .missing, "kernel.image: there is none at \(sysroot.display(wanted.name))",
        at: wanted.location)
    }
    if let wanted = manifest.config {
      if let text = try Self.configText(wanted.name, in: sysroot) {
        (config, configPath) = (KernelConfig(text: text), sysroot.display(wanted.name))
      } else if wanted.optional {
        (config, configPath) = (nil, nil)
        diagnostics.note(
          .missing, "kernel.config: there is none at \(sysroot.display(wanted.name))",
          at: wanted.location)
      } else {
        throw InitrdError(
          .missing, "no kernel configuration at \(sysroot.display(wanted.name))",
          at: wanted.location)
      }
      guard config?.isEmpty != true else {
        throw InitrdError(
          .badInput, "no CONFIG_ line in it: this is no kernel configuration",
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
        .missing, "nothing of a kernel \(printable(release.utf8)) in the sysroot",
        at: manifest.location, remedy: near ?? "there are: " + others.joined(separator: ", "))
    }
    diagnostics.note(.missing, "kernel: nothing of \(release) is in the sysroot")
  }

  /// The machine that the modules of `release` are for; `nil` when there are none to tell.
  static func architecture(
    of release: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> Architecture? {
    let tree = "lib/modules/\(release)"
    guard let line = try sysroot.lines("\(tree)/modules.dep")?.first(where: { !$0.isEmpty })
    else { return nil }
    let path = "\(tree)/" + String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    // What is wrong with a module is said when it is asked for.
    guard var bytes = try sysroot.contentsOfExample(path, limit: 256 << 20) else { return nil }
    if let format = Compression.detect(bytes.span) {
      let whole = try? Decompressor.decompressWhole(bytes.span, format: format, limit: 256 << 20)
      bytes = whole ?? []
    }
    return (try? ELF(bytes))?.architecture
  }

  /// The kernel image that the manifest names, whose own release must be the one that is built for.
  private static func image(
    _ manifest: Manifest.Kernel, release: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> KernelImage? {
    guard let wanted = manifest.image else { return nil }
    let path = try place(of: wanted, release: release, in: sysroot)
    guard let bytes = try sysroot.contents(path, limit: 512 << 20) else {
      if wanted.optional { return nil }
      throw InitrdError(
        .missing, "no kernel image at \(sysroot.display(wanted.name))", at: wanted.location)
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
        "\(image.name) is a kernel \(found), and the image is built for \(release): its modules would be refused",
        at: wanted.location,
        remedy: "name the image of that kernel, or choose the kernel with --kernel-release")
    }
    return image
  }

  /// The kernel image that is meant by `boot/vmlinuz-RELEASE` where there is no such file: Debian has it among the
  /// modules since 2026.
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
