/// Whether the modules in an image can be loaded.
struct ModuleRules {
  private let files: UnpackedFiles
  private var findings: [Finding] = []

  private init(_ files: UnpackedFiles) { self.files = files }

  /// What is wrong with the modules.
  ///
  /// - Parameters:
  ///   - files: what the kernel would have.
  ///   - release: the kernel's release; `nil` when it is not known.
  /// - Returns: the findings.
  static func findings(_ files: UnpackedFiles, release: String?) -> [Finding] {
    var rules = ModuleRules(files)
    let folder = "/lib/modules"
    var releases: [String] = []
    for (name, child) in files.node(Array(folder.utf8))?.children ?? [:]
    where files.tree.nodes[child].type == .directory {
      releases.append(String(decoding: name, as: UTF8.self))
    }
    var hasModules = false
    for name in releases.sorted() {
      let modules = files.files(below: "\(folder)/\(name)").filter {
        FileSummary.moduleCompression($0.path) != nil
      }
      if modules.isEmpty { continue }
      hasModules = true
      rules.checkDependencies("\(folder)/\(name)")
      rules.checkReleases(modules, name)
      rules.checkCompression(modules)
    }
    if let release, hasModules, !releases.contains(release) {
      rules.findings.append(
        Finding(
          .kernelRelease,
          "the kernel is \(release), and the modules are in folders of \(releases.sorted().joined(separator: ", "))"
        ))
    }
    return rules.findings
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
            .moduleDependency, "\(module.path) needs the module \(name), which is not there",
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
            .moduleVersion, "\(printable(path)) is for \(own), and lies in the folder of \(folder)",
            path: path))
      }
    }
  }

  /// busybox reads what it has a decompressor for, and zstd never.
  private mutating func checkCompression(_ modules: [(path: [UInt8], summary: FileSummary?)]) {
    let places = ["/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe", "/usr/bin/modprobe"]
    guard let modprobe = places.first(where: { files.node(Array($0.utf8)) != nil }),
      case .program(_, let applets) = files.summary(Array(modprobe.utf8)),
      applets.contains("modprobe")
    else { return }
    let decoders: [Compression: [String]] = [.gzip: ["gunzip", "zcat"], .xz: ["unxz", "xzcat"]]
    for (path, _) in modules {
      guard let compression = FileSummary.moduleCompression(path), compression != .none else {
        continue
      }
      if decoders[compression, default: []].contains(where: applets.contains) { continue }
      findings.append(
        Finding(
          .moduleCompression,
          "\(printable(path)) is compressed with \(compression), which the busybox at \(modprobe)"
            + " can't read",
          path: path))
    }
  }
}
