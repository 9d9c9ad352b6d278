/// Checks whether the planned image starts, with the rules of `check`, before it is written: the last step of planning.
struct StartCheck: ~Copyable {
  private let plan: Plan
  private let manifest: Manifest
  private let kernel: KernelTree?
  /// The modules; `nil` if they were not found. Then drivers are not checked, because all of them would be missing.
  private let modules: PlannedModules?
  /// Whether init and busybox were found.
  private let hasInit: Bool
  /// Summaries of programs, libraries and scripts, by their paths in the image.
  private let programs: [ImagePath: FileSummary]
  /// The index of the kernel's modules; `nil` if there are none, or if it is not needed.
  private let index: ModuleIndex?

  /// - Throws: errors of reading the lists of the kernel's modules.
  init(
    _ plan: Plan, _ manifest: Manifest, kernel: KernelTree?, modules: PlannedModules?,
    hasInit: Bool, programs: [ImagePath: FileSummary],
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    (self.plan, self.manifest, self.kernel) = (plan, manifest, kernel)
    self.hasInit = hasInit
    let hasModules = modules?.contribution.diagnostics.hasErrors == false
    self.modules = hasModules ? modules : nil
    self.programs = programs
    if hasModules, modules?.index == nil, manifest.linuxrc.root != nil,
      let tree = kernel?.moduleDirectory
    {
      index = try ModuleIndex(tree: tree, in: sources.sysroot)
    } else {
      index = modules?.index
    }
  }

  /// The faults that keep the image from starting: errors, or notes if the image is only a part (`"partial": true`).
  func diagnostics() -> Diagnostics {
    var found = Diagnostics()
    guard hasInit else { return found }
    let files = unpackedFiles()
    let linuxrc = manifest.linuxrc
    let runsProgram = linuxrc.template != .none && linuxrc.root == nil
    let program = runsProgram ? linuxrc.program.first.map { Array($0.utf8) } : nil
    var findings = InitRules.findings(files, program: program, isPartial: manifest.isPartial)
    findings += ModuleRules.findings(storedCompressed(), files)
    for finding in findings { add(finding, to: &found) }
    guard modules != nil, !manifest.isPartial, linuxrc.template != .none, let root = linuxrc.root
    else { return found }

    var settings = InitSettings()
    settings.modules = plan.loadOrder
    (settings.device, settings.fileSystem) = (root.device, root.fstype)
    if case .path = linuxrc.template { settings.isLinuxrc = false }
    let included = includedModules(files)
    let drivers = KernelDrivers(index: index, config: kernel?.config)
    for finding in RootRules.findings(settings, included, drivers) { add(finding, to: &found) }
    if let index { noteSoftDependencies(of: root, index, included, &found) }
    return found
  }

  // MARK: The image as the kernel would have it

  /// The tree that the kernel makes of the plan, without the modules, which were checked before.
  private func unpackedFiles() -> UnpackedFiles {
    let modules = Set(plan.modules.map(\.path))
    var tree = UnpackedTree()
    var summaries: [Int: FileSummary] = [:]
    for (number, entry) in plan.entries.enumerated() where !modules.contains(entry.path) {
      var header = NewcHeader()
      (header.mode, header.fileSize) = (entry.fileType.rawValue | UInt32(entry.mode), entry.size)
      var target: [UInt8] = []
      if case .symlink(let text) = entry.content { target = text }
      let name = NewcReader.Entry(header: header, name: entry.archivedName, offset: 0)
      // The kernel drops none of the entries: the table of the plan refuses such ones.
      _ = try? tree.add(name, number: number, target: target)
      if case .bytes(let bytes) = entry.content {
        summaries[number] = try? FileSummary(program: bytes)
      } else {
        summaries[number] = programs[entry.path]
      }
    }
    return UnpackedFiles(tree: tree, summaries: summaries)
  }

  /// The modules of the plan, and which of them are loaded.
  private func includedModules(_ files: UnpackedFiles) -> IncludedModules {
    var included = IncludedModules()
    included.names = Set(plan.modules.map(\.name))
    included.loaded = Set(plan.loadOrder)
    included.blacklist = Set(
      manifest.modules.blacklist.map { ModuleIndex.normalized($0.name.utf8) })
    if manifest.modules.load != nil { included.list = "modules.load" }
    if files.isRunnable(Array("/sbin/modprobe".utf8)), let type = manifest.linuxrc.root?.fstype {
      included.byFileSystem[type] = index?.fileSystem(type).modules.filter(included.names.contains)
    }
    return included
  }

  /// The first module and the number of modules for each compression.
  private func storedCompressed() -> [Compression: (first: [UInt8], count: Int)] {
    guard manifest.modules.storage == .asis else { return [:] }
    var compressed: [Compression: (first: [UInt8], count: Int)] = [:]
    for module in plan.modules {
      guard let compression = ModuleFile.compression(module.path.bytes),
        compression != .uncompressed
      else { continue }
      compressed[compression, default: (Array("/".utf8) + module.path.bytes, 0)].count += 1
    }
    return compressed
  }

  /// Adds notes about soft dependencies of the root's modules that the manifest excludes. For example, ext4 can't mount
  /// without the checksums that are its soft dependencies.
  private func noteSoftDependencies(
    of root: Manifest.Linuxrc.Root, _ index: ModuleIndex, _ included: IncludedModules,
    _ found: inout Diagnostics
  ) {
    let modules = manifest.modules
    guard !modules.softdeps || !modules.exclude.isEmpty || !modules.blacklist.isEmpty else {
      return
    }
    let types = root.fstype.map { index.fileSystem($0).modules + [$0] } ?? []
    let names = Set(types).union(included.loaded).intersection(included.names)
    for name in names.sorted() {
      for wanted in index.softDependencies[name]?.before ?? [] {
        let direct = ModuleIndex.normalized(wanted.utf8)
        let choice = index.modules[direct] != nil ? [direct] : index.modules(forAlias: wanted)
        guard !choice.isEmpty, !choice.contains(where: included.names.contains),
          !index.builtIn.contains(direct), index.builtIn(forAlias: wanted).isEmpty
        else { continue }
        found.note(
          .missing, "\(name) has a soft dependency on \(wanted), but no module for it is included",
          remedy: modules.softdeps
            ? "remove \(choice.joined(separator: ", ")) from modules.exclude"
            : "remove modules.softdeps, or add \"\(choice[0])\" to \(included.list)")
      }
    }
  }

  // MARK: Diagnostics

  private func add(_ finding: Finding, to found: inout Diagnostics) {
    // The kernel tries other programs if it can't run /init, but none of them is what the manifest requests.
    let isError = finding.severity == .error || finding.code == .initNotRunnable
    let severity: Diagnostic.Severity = isError && !manifest.isPartial ? .error : .note
    found.add(
      Diagnostic(
        severity, InitrdError.Code(finding.code.rawValue), finding.message,
        at: location(of: finding),
        remedy: remedy(for: finding)))
  }

  /// The place in the manifest that a finding is about.
  private func location(of finding: Finding) -> InitrdError.Location? {
    let linuxrc = manifest.linuxrc
    let file = manifest.file.map { InitrdError.Location(file: $0) }
    switch finding.code {
    case .rootDevice, .rootDriver: return linuxrc.root?.location ?? file
    case .rootFileSystem: return linuxrc.root?.fstypeLocation ?? linuxrc.root?.location ?? file
    case .programMissing: return linuxrc.programLocation ?? file
    default:
      guard let path = finding.path.flatMap({ try? ImagePath($0) }) else { return file }
      return manifest.files.first { $0.dest == path }?.location
        ?? manifest.symlinks.first { $0.path == path }?.location ?? file
    }
  }

  /// The necessary change of the manifest.
  private func remedy(for finding: Finding) -> String {
    let partial = "; if the image will be appended to another one, set \"partial\" to true"
    switch finding.code {
    case .initMissing:
      return "add a file with \"dest\": \"/init\" to \"files\", or remove \"template\"" + partial
    case .programMissing:
      return
        "add a root to \"init\", such as \"root\": { \"device\": \"/dev/vda\", \"fstype\": \"ext4\" }, and its drivers"
        + " in modules.include; or add the program to \"files\"" + partial
    case .interpreterMissing: return "add the interpreter to \"files\", or use a static program"
    case .libraryMissing: return "add the library to \"files\", or use a static program"
    case .moduleCompression: return "remove modules.storage, so that modules are decompressed"
    default: return finding.remedy
    }
  }
}
