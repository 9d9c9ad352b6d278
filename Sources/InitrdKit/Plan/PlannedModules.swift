/// The modules of an image, with the lists that modprobe reads: a step of planning.
struct PlannedModules: Sendable {
  /// The entries, errors and notes.
  private(set) var contribution = Contribution()
  /// The included modules.
  private(set) var modules: [PlannedModule] = []
  /// The names of the modules that the init loads, in order.
  private(set) var loadOrder: [String] = []
  /// The names of requested modules that are built into the kernel.
  private(set) var builtIn: [String] = []
  /// The firmware files that modules name: of those that are requested one by one and built in, then of the included ones.
  private(set) var firmware: [(module: String, names: [[UInt8]])] = []
  /// The index of the kernel's modules; `nil` if it was not needed.
  private(set) var index: ModuleIndex?
  private let manifest: Manifest.Modules
  private let architecture: Architecture?
  private var decompressed = DecompressedFiles()

  /// Finds the modules of `kernel` that `manifest` requests. Failures of single modules are added to the diagnostics.
  ///
  /// - Throws: errors that affect all modules, such as a damaged `modules.dep`.
  init(
    _ manifest: Manifest.Modules, of kernel: KernelTree?, for architecture: Architecture?,
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    (self.manifest, self.architecture) = (manifest, architecture)
    let wanted = manifest.include + (manifest.load ?? [])
    guard let kernel, let tree = kernel.moduleDirectory else {
      requireBuiltIn(wanted, kernel: kernel)
      return
    }
    if wanted.isEmpty { return }
    let index = try ModuleIndex(tree: tree, in: sources.sysroot)
    self.index = index
    let resolution = ModuleResolver.resolve(manifest, in: index)
    contribution.diagnostics.add(resolution.diagnostics)
    if resolution.diagnostics.hasErrors { return }
    loadOrder = resolution.loadOrder
    builtIn = resolution.builtIn
    firmware = builtIn.map { ($0, index.firmware(ofBuiltIn: $0)) }.filter { !$0.names.isEmpty }
    if resolution.modules.isEmpty { return }

    var stored: [String: String] = [:]
    for found in resolution.modules {
      do {
        stored[found.module.name] = try add(found, tree: tree, of: kernel, in: sources)
      } catch { contribution.diagnostics.add(error) }
    }
    try addLists(resolution, index, stored, tree: tree)
  }

  /// Adds one module file; returns its path below the tree.
  private mutating func add(
    _ found: ModuleResolver.Resolved, tree: String, of kernel: KernelTree,
    in sources: borrowing SourceFiles
  ) throws(InitrdError) -> String {
    let source = "\(tree)/\(found.module.path)"
    guard let file = try sources.find(source) else {
      throw InitrdError(
        .missing, "modules.dep lists \(found.module.path), but this file does not exist",
        at: .init(file: sources.display(source)), remedy: "run depmod again")
    }
    var content = PlannedEntry.Content.file(file.planned)
    var size = file.planned.size
    var stored = found.module.path
    let elf: ELF?
    let information: ELF.ModuleInformation?
    if let compression = ModuleFile.compression(stored.utf8), compression != .uncompressed {
      let bytes = try sources.naming(source) { () throws(InitrdError) in
        try Decompressor.decompressFile(
          try file.file.contents(limit: DecompressedFiles.sizeLimit),
          limit: DecompressedFiles.sizeLimit)
      }
      elf = try sources.naming(source) { () throws(InitrdError) in try ELF(bytes) }
      information = try sources.naming(source) { () throws(InitrdError) in
        try elf?.moduleInformation(bytes)
      }
      if manifest.storage == .decompress {
        stored = ModuleFile.uncompressed(stored)
        size = UInt32(bytes.count)
        content = decompressed.content(bytes, of: file.planned)
      }
    } else {
      let bytes = FileBytes(file)
      do {
        elf = try ELF(bytes)
        information = try elf?.moduleInformation(bytes)
      } catch { throw error.inFile(bytes.file.name) }
    }
    guard let elf else {
      throw InitrdError(
        .badInput, "this is not an ELF file, so it is not a kernel module",
        at: .init(file: sources.display(source)))
    }
    try sources.requireArchitecture(architecture, elf.architecture, of: source)
    if let release = information?.release, release != kernel.release {
      throw InitrdError(
        .conflict,
        "this module is for the kernel \(printable(release.utf8)), so the kernel \(kernel.release) refuses it",
        at: .init(file: sources.display(source)),
        remedy: "use the modules of the kernel that will boot the image")
    }
    let path: ImagePath
    do { path = try ImagePath("\(tree)/\(stored)") } catch {
      throw error.inFile(sources.display("\(tree)/modules.dep"))
    }
    contribution.generate(content, at: path, mode: 0o644, found.reasons)
    modules.append(
      PlannedModule(name: found.module.name, path: path, size: size, reasons: found.reasons))
    if let names = information?.firmware, !names.isEmpty {
      firmware.append((found.module.name, names))
    }
    return stored
  }

  /// Adds the lists that modprobe reads, for the modules in `stored`.
  private mutating func addLists(
    _ resolution: ModuleResolver.Resolution, _ index: ModuleIndex, _ stored: [String: String],
    tree: String
  ) throws(InitrdError) {
    let lines = resolution.modules.compactMap { found -> String? in
      guard let path = stored[found.module.name] else { return nil }
      return ([path + ":"] + found.module.needs.reversed().compactMap { stored[$0] })
        .joined(separator: " ") + "\n"
    }
    contribution.generate(
      .bytes(Array(lines.joined().utf8)), at: try ImagePath("\(tree)/modules.dep"), mode: 0o644,
      [.generated(.moduleDependencies)])
    contribution.generate(
      .bytes(index.aliasLines(of: Set(stored.keys))), at: try ImagePath("\(tree)/modules.alias"),
      mode: 0o644, [.generated(.moduleAliases)])

    let options = manifest.options.map {
      "options \(ModuleIndex.normalized($0.module.name.utf8)) \($0.options)\n"
    }
    let blacklist = manifest.blacklist.map {
      "blacklist \(ModuleIndex.normalized($0.name.utf8))\n"
    }
    guard !options.isEmpty || !blacklist.isEmpty else { return }
    contribution.generate(
      .bytes(Array((options + blacklist).joined().utf8)),
      at: try ImagePath("etc/modprobe.d/linuxrc.conf"), mode: 0o644, [.generated(.moduleOptions)])
  }

  /// Without a module tree every requested module must be built into the kernel.
  private mutating func requireBuiltIn(_ wanted: [Manifest.Item], kernel: KernelTree?) {
    for item in wanted {
      if kernel?.config?.hasBuiltIn(module: item.name) == true {
        builtIn.append(item.name)
        continue
      }
      let message =
        kernel.map {
          "no module tree of \($0.release) in the sysroot, and \(item.name) is not built in"
        } ?? "the kernel is unknown, so there is no module \(item.name)"
      contribution.diagnostics.missing(
        message, isOptional: item.optional, at: item.location)
    }
  }
}
