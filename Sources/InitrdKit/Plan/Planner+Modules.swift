extension Planner {
  /// Adds the modules that are asked for, with all that they need, and what modprobe reads.
  mutating func addModules(of kernel: KernelTree?) throws(InitrdError) {
    let wanted = manifest.modules.include + (manifest.modules.load ?? [])
    guard let kernel, let tree = kernel.modules else {
      try requireBuiltIn(wanted, kernel: kernel)
      return
    }
    if wanted.isEmpty { return }
    let index = try ModuleIndex(tree: tree, in: sysroot)
    let resolution = try ModuleResolver.resolve(manifest.modules, in: index)
    plan.loadOrder = resolution.loadOrder
    plan.builtIn = resolution.builtIn
    plan.notes += resolution.notes
    guard !resolution.modules.isEmpty else { return }

    var stored: [String: String] = [:]
    for (module, reason) in resolution.modules {
      do {
        let path = try add(module, because: String(describing: reason), tree: tree)
        stored[module.name] = path
      } catch { errors.append(error) }
    }
    let lines = resolution.modules.compactMap { module, _ -> String? in
      guard let path = stored[module.name] else { return nil }
      return ([path + ":"] + module.needs.reversed().compactMap { stored[$0] })
        .joined(separator: " ") + "\n"
    }
    try generate(
      .bytes(Array(lines.joined().utf8)), at: "\(tree)/modules.dep", mode: 0o644,
      because: "modprobe finds the modules by it")
    let aliases = index.aliasLines(of: Set(stored.keys))
    try generate(
      .bytes(aliases), at: "\(tree)/modules.alias", mode: 0o644,
      because: "modprobe finds modules by aliases in it, which the kernel asks for")
    try addOptions()
  }

  /// Adds one module file; returns its path below the tree.
  private mutating func add(
    _ module: ModuleIndex.Module, because reason: String, tree: String
  ) throws(InitrdError) -> String {
    let source = "\(tree)/\(module.path)"
    guard let (planned, _) = try find(source) else {
      throw InitrdError(
        .missing, "modules.dep lists \(module.path), and there is no such file",
        at: .init(file: sysroot.display(source)), remedy: "run depmod again")
    }
    var content = PlannedEntry.Content.file(planned)
    var size = planned.size
    var stored = module.path
    let elf: ELF?
    if let suffix = Self.compressionSuffix(of: module.path) {
      let bytes = try decompressed(source)
      elf = try inSysroot(source) { () throws(InitrdError) in
        try ELF(bytes, fileSize: UInt64(bytes.count))
      }
      if manifest.modules.storage == .decompress {
        stored = String(stored.dropLast(suffix.count))
        size = UInt32(bytes.count)
        // A few modules are kept until they are written; a tree of them would take all its size of memory.
        unpackedModules += bytes.count
        content = unpackedModules <= Self.heldLimit ? .bytes(bytes) : .unpacked(planned, size: size)
      }
    } else {
      elf = try head(of: source, size: planned.size)
    }
    guard let elf else {
      throw InitrdError(
        .badInput, "not an ELF file: this can't be a kernel module",
        at: .init(file: sysroot.display(source)))
    }
    try requireArchitecture(elf.architecture, of: source)
    let path = "\(tree)/\(stored)"
    do throws(InitrdError) {
      try generate(content, at: path, mode: 0o644, because: reason)
    } catch { throw error.inFile(display("\(tree)/modules.dep")) }
    plan.modules.append(
      PlannedModule(name: module.name, path: try ImagePath(path), size: size, reason: reason))
    return stored
  }

  /// `.xz` and the like, where `path` ends so.
  private static func compressionSuffix(of path: String) -> String? {
    [".gz", ".xz", ".zst"].first { path.hasSuffix($0) }
  }

  private static var heldLimit: Int { 16 << 20 }

  /// The largest module that is believed; those of Debian end below 10 MiB.
  private static var sizeLimit: Int { 256 << 20 }

  private func decompressed(_ path: String) throws(InitrdError) -> [UInt8] {
    let bytes = try sysroot.contents(path, limit: Self.sizeLimit) ?? []
    return try inSysroot(path) { () throws(InitrdError) in
      guard let format = Compression.detect(bytes.span) else {
        throw InitrdError(.badInput, "not compressed as its name says")
      }
      return try Decompressor.decompressWhole(bytes.span, format: format, limit: Self.sizeLimit)
    }
  }

  /// The ELF headers of a file; `nil` when it is not ELF.
  mutating func head(of path: String, size: UInt32) throws(InitrdError) -> ELF? {
    guard let file = try open(path) else { return nil }
    var head = [UInt8](repeating: 0, count: ELF.headLength)
    let count = try file.read(into: &head)
    head.removeLast(head.count - count)
    return try inSysroot(path) { () throws(InitrdError) in try ELF(head, fileSize: UInt64(size)) }
  }

  /// Runs `body`, and adds the file's name to what it throws.
  func inSysroot<Result>(
    _ path: String, _ body: () throws(InitrdError) -> Result
  ) throws(InitrdError) -> Result {
    do { return try body() } catch { throw error.inFile(display(path)) }
  }

  /// Refuses a file for another machine than the image's.
  func requireArchitecture(_ found: Architecture?, of path: String) throws(InitrdError) {
    guard let wanted = plan.architecture, wanted != found else { return }
    throw InitrdError(
      .conflict,
      "this file is for \(found?.rawValue ?? "a machine without a name here"), and the image for \(wanted.rawValue)",
      at: .init(file: display(path)), remedy: "take that machine's file, or change \"arch\"")
  }

  /// The file from which modprobe and the init take options and the blacklist.
  private mutating func addOptions() throws(InitrdError) {
    let options = manifest.modules.options.map {
      "options \(ModuleIndex.normalized($0.module.name.utf8)) \($0.options)\n"
    }
    let blacklist = manifest.modules.blacklist.map {
      "blacklist \(ModuleIndex.normalized($0.name.utf8))\n"
    }
    guard !options.isEmpty || !blacklist.isEmpty else { return }
    try generate(
      .bytes(Array((options + blacklist).joined().utf8)), at: "etc/modprobe.d/linuxrc.conf",
      mode: 0o644, because: "modules.options and modules.blacklist for modprobe")
  }

  /// Without a module tree all that is asked for must be built into the kernel.
  private mutating func requireBuiltIn(
    _ wanted: [Manifest.Item], kernel: KernelTree?
  ) throws(InitrdError) {
    for item in wanted {
      if kernel?.config?.hasBuiltIn(module: item.name) == true {
        plan.builtIn.append(item.name)
        continue
      }
      let message =
        kernel.map {
          "no module tree of \($0.release) in the sysroot, and \(item.name) is not built in"
        }
        ?? "no kernel is known, so there is no module \(item.name)"
      if item.optional {
        plan.notes.append(message)
      } else {
        errors.append(InitrdError(.missing, message, at: item.location))
      }
    }
  }
}

extension ModuleResolver.Reason: CustomStringConvertible {
  var description: String {
    switch self {
    case .asked(let item): "asked for by \"\(item)\""
    case .needed(let module): "needed by \(module)"
    case .softDependency(let module, let wanted): "\(module) has a soft dependency on \(wanted)"
    }
  }
}
