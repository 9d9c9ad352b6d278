/// Checks whether the modules in an image can be loaded.
struct ModuleRules {
  private let files: UnpackedFiles
  private var findings: [Finding] = []

  private init(_ files: UnpackedFiles) { self.files = files }

  /// Checks the dependencies, releases and compression of the modules.
  ///
  /// - Parameters:
  ///   - files: the tree that the kernel would have.
  ///   - release: the kernel's release; `nil` if it is unknown.
  ///   - isPartial: whether missing modules may be in another part of the image.
  /// - Returns: the findings.
  static func findings(
    _ files: UnpackedFiles, release: String?, isPartial: Bool
  ) -> [Finding] {
    var rules = ModuleRules(files)
    let folder = "/lib/modules"
    var releases: [String] = []
    for (name, _) in files.node(Array(folder.utf8))?.children ?? [:]
    where files.node(Array("\(folder)/".utf8) + name)?.type == .directory {
      releases.append(String(decoding: name, as: UTF8.self))
    }
    var hasModules = false
    for name in releases.sorted() {
      let modules = files.files(below: "\(folder)/\(name)").filter {
        ModuleFile.compression($0.path) != nil
      }
      if modules.isEmpty { continue }
      hasModules = true
      if !isPartial { rules.checkDependencies("\(folder)/\(name)") }
      rules.checkReleases(modules, name)
      rules.checkCompression(modules)
    }
    if let release, hasModules, !releases.contains(release) {
      let folders = releases.sorted().map { printable($0.utf8) }.joined(separator: ", ")
      rules.findings.append(
        Finding(
          .kernelRelease,
          "the kernel is \(printable(release.utf8)), but the modules are for \(folders)"))
    }
    if let release { rules.checkOthers(release) }
    return rules.findings
  }

  /// Checks modules outside of /lib/modules, which another init loads by their paths. Only the modules themselves tell
  /// for which kernel they are.
  private mutating func checkOthers(_ release: String) {
    let folder = Array("/lib/modules/".utf8)
    for case (let path, .module(_, let own?)) in files.files()
    where own != release && !path.contains(folder) {
      findings.append(
        Finding(
          .moduleVersion, "\(printable(path)) is for \(own), but the kernel is \(release)",
          path: path))
    }
  }

  private mutating func checkDependencies(_ tree: String) {
    guard case .list(let text) = files.summary(Array("\(tree)/modules.dep".utf8)) else { return }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let index = try? ModuleIndex.modules(lines, tree: tree, file: tree) else { return }
    var builtIn: Set<String> = []
    if case .list(let text) = files.summary(Array("\(tree)/modules.builtin".utf8)) {
      builtIn = Set(
        text.split(separator: UInt8(ascii: "\n")).map { ModuleIndex.name(ofPath: $0) })
    }
    func path(_ module: ModuleIndex.Module) -> [UInt8] {
      Array((module.path.hasPrefix("/") ? module.path : "\(tree)/\(module.path)").utf8)
    }
    for module in index.values.sorted(by: { $0.path < $1.path })
    where files.node(path(module)) != nil {
      for name in module.needs where !builtIn.contains(name) {
        if let need = index[name], files.node(path(need)) != nil { continue }
        findings.append(
          Finding(
            .moduleDependency,
            "\(printable(module.path.utf8)) needs the module \(printable(name.utf8)), which does not exist",
            path: path(module)))
      }
    }
  }

  private mutating func checkReleases(
    _ modules: [(path: [UInt8], summary: FileSummary?)], _ folder: String
  ) {
    for case (let path, .module(_, let own?)) in modules {
      if own != folder {
        findings.append(
          Finding(
            .moduleVersion,
            "\(printable(path)) is for \(printable(own.utf8)), but is in the directory of "
              + printable(folder.utf8),
            path: path))
      }
    }
  }

  private mutating func checkCompression(_ modules: [(path: [UInt8], summary: FileSummary?)]) {
    var compressed: [Compression: (first: [UInt8], count: Int)] = [:]
    for (path, _) in modules {
      guard let compression = ModuleFile.compression(path), compression != .uncompressed else {
        continue
      }
      compressed[compression, default: (path, 0)].count += 1
    }
    findings += Self.findings(compressed, files)
  }

  /// Finds modules that modprobe can't decompress. busybox needs the applet for the compression, and can never read
  /// zstd; kmod needs the library.
  ///
  /// - Parameters:
  ///   - compressed: the first module of each compression, and the number of modules with it.
  ///   - files: the tree that the kernel would have.
  /// - Returns: the findings.
  static func findings(
    _ compressed: [Compression: (first: [UInt8], count: Int)], _ files: UnpackedFiles
  ) -> [Finding] {
    let places = ["/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe", "/usr/bin/modprobe"]
    guard let modprobe = places.first(where: { files.node(Array($0.utf8)) != nil }),
      case .program(let links, let applets) = files.summary(Array(modprobe.utf8))
    else { return [] }
    let isBusybox = applets.contains("modprobe")
    // The libraries in a statically linked kmod are unknown.
    guard isBusybox || links.interpreter != nil else { return [] }
    let decoders: [Compression: [String]] = [.gzip: ["gunzip", "zcat"], .xz: ["unxz", "xzcat"]]
    let libraries: [Compression: String] = [
      .gzip: "libz.so", .xz: "liblzma.so", .zstd: "libzstd.so",
    ]
    var findings: [Finding] = []
    for (compression, library) in libraries.sorted(by: { $0.value < $1.value }) {
      guard let (first, count) = compressed[compression] else { continue }
      let canRead =
        isBusybox
        ? decoders[compression, default: []].contains(where: applets.contains)
        : files.hasFile(beginning: library)
      if canRead { continue }
      let more = count > 1 ? " and \(count - 1) more" : ""
      var finding = Finding(
        .moduleCompression,
        "\(printable(first))\(more): compressed with \(compression), which the "
          + (isBusybox ? "busybox" : "modprobe")
          + " at \(modprobe) can't read"
          + (isBusybox
            ? ""
            : " without \(library): it needs kmod 31 or newer and a kernel that decompresses modules"
              + " (CONFIG_MODULE_DECOMPRESS)"),
        path: first)
      // The version of kmod in an image is unknown.
      if !isBusybox { finding.severity = .warning }
      findings.append(finding)
    }
    return findings
  }
}
