/// Makes the plan of an image from a manifest: finds all files, and makes all decisions.
///
/// Each step returns a value: the kernel, busybox, modules, the init, the entries that the manifest names, the early
/// archive. The planner merges their entries and diagnostics once.
enum Planner {
  /// Plans the image that `manifest` describes.
  ///
  /// - Returns: every entry with its reasons, and the compression of each archive.
  /// - Throws: one ``InitrdError`` that lists everything that is wrong or missing.
  static func plan(_ manifest: Manifest) throws(InitrdError) -> Plan {
    try manifest.validate()
    let variables = Variables(release: manifest.kernel?.release, arch: manifest.arch?.rawValue)
    var layers: [String] = []
    for layer in manifest.layers { layers.append(try variables.fill(layer)) }
    let sources = try SourceFiles(
      layers: layers, for: manifest.arch, besideManifestIn: manifest.folder)
    let target = try PlannedKernel(manifest, in: sources)
    let manifest = target.manifest

    var diagnostics = target.kernel?.diagnostics ?? Diagnostics()
    var found = Diagnostics()
    let busybox = found.collecting { diagnostics throws(InitrdError) in
      try PlannedBusybox.find(
        manifest.busybox, for: target.architecture, in: sources, &diagnostics)
    }
    let busyboxFailed = found.hasErrors
    diagnostics.add(found)
    // If the modules don't tell the machine, busybox does.
    var architecture = target.architecture ?? (busybox ?? nil)?.binary.architecture

    let modules = diagnostics.collecting { _ throws(InitrdError) in
      try PlannedModules(manifest.modules, of: target.kernel, for: architecture, in: sources)
    }
    let initial = try PlannedInit(
      manifest, busybox: busybox ?? nil, busyboxFailed: busyboxFailed,
      loadOrder: modules?.loadOrder ?? [], in: sources)
    let requested = RequestedEntries(manifest, for: architecture, in: sources)
    let trees = PlannedTrees(manifest, in: sources)
    let firmware = PlannedFirmware(
      manifest.firmware, named: modules?.firmware ?? [], of: target.kernel,
      besides: (requested.contribution.requests + trees.entries.contribution.requests)
        .map(\.entry.path), in: sources)
    let early = diagnostics.collecting { _ throws(InitrdError) in
      try EarlyArchive(manifest.early, for: architecture, in: sources)
    }

    var table = EntryTable()
    for step in [
      trees.entries.contribution, modules?.contribution, firmware.contribution,
      initial.contribution, requested.contribution,
    ] {
      guard let step else { continue }
      table.add(step)
      diagnostics.add(step.diagnostics)
    }
    diagnostics.add(trees.diagnostics)
    let binaries = PlannedBinaries(
      manifest.binaries, for: architecture, besides: table.filePaths, in: sources)
    diagnostics.add(binaries.diagnostics)
    let placed = try BinaryPlacement.place(binaries, &table)
    architecture = architecture ?? binaries.architecture
    diagnostics.add(table.diagnostics)
    diagnostics.add(table.notes())
    if let early { diagnostics.add(early.contribution.diagnostics) }
    let layout = ArchiveLayout(
      try table.entries(), early: try early?.archive(&diagnostics), manifest,
      kernel: target.kernel, for: architecture)
    diagnostics.add(layout.diagnostics)

    var plan = Plan(name: manifest.name, source: sources.sysroot)
    plan.architecture = architecture
    plan.kernelRelease = target.kernel?.release
    plan.archives = layout.archives
    plan.modules = modules?.modules ?? []
    for index in plan.modules.indices {
      plan.modules[index].path = table.place(of: plan.modules[index].path)
    }
    plan.firmware = firmware.files
    for index in plan.firmware.indices {
      plan.firmware[index].path = plan.firmware[index].path.map { table.place(of: $0) }
    }
    plan.loadOrder = modules?.loadOrder ?? []
    plan.builtIn = modules?.builtIn ?? []
    plan.inputs = trees.entries.inputs.union(sources.inputs).sorted()
    plan.output = manifest.output
    plan.budget = manifest.budget
    plan.baseline = manifest.baseline
    diagnostics.add(
      try StartCheck(
        plan, manifest, kernel: target.kernel, modules: modules,
        hasInit: !busyboxFailed && !initial.contribution.diagnostics.hasErrors,
        programs: try programs(trees, requested, placed, busybox: busybox ?? nil, at: table),
        in: sources
      ).diagnostics())
    try diagnostics.requireNoErrors()
    plan.notes = diagnostics.notes
    guard plan.archiveSize < 1 << 32 else {
      throw InitrdError(
        .limit, "\(plan.archiveSize) bytes unpacked, but no kernel can unpack 4 GiB or more")
    }
    try plan.requireBudget(imageSize: nil)
    return plan
  }

  /// The properties of programs, libraries and scripts, by their final paths in the image.
  private static func programs(
    _ trees: PlannedTrees, _ requested: RequestedEntries, _ binaries: [ImagePath: FileSummary],
    busybox: PlannedBusybox?, at table: EntryTable
  ) throws(InitrdError) -> [ImagePath: FileSummary] {
    var programs: [ImagePath: FileSummary] = [:]
    if let busybox {
      programs[table.place(of: try ImagePath("bin/busybox"))] = .program(
        busybox.binary.links, applets: busybox.binary.applets)
    }
    for (path, summary) in trees.entries.programs { programs[table.place(of: path)] = summary }
    programs.merge(binaries) { $1 }
    // A file of the manifest replaces that of a tree, also if it is not a program.
    for path in requested.contribution.requests.map(\.entry.path) {
      programs[table.place(of: path)] = requested.programs[path]
    }
    return programs
  }
}
