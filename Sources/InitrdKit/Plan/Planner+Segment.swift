/// Plans of segments that are appended to images.
extension Planner {
  /// Plans a segment of the entries that `manifest` names, after an image with the entries `existing`.
  ///
  /// The segment has nothing that the manifest does not name: no init, no busybox, no `/dev/console`.
  ///
  /// - Throws: one ``InitrdError`` that carries everything that is wrong or missing.
  static func plan(
    appending manifest: Manifest, over existing: [ImagePath: FileType]
  ) throws(InitrdError) -> Plan {
    try manifest.validate()
    try requireSegment(manifest)
    let variables = Variables(release: manifest.kernel?.release, arch: manifest.arch?.rawValue)
    var layers: [String] = []
    for layer in manifest.layers { layers.append(try variables.fill(layer)) }
    let manifest = try manifest.filled(variables)
    let sources = try SourceFiles(
      layers: layers, for: manifest.arch, besideManifestIn: manifest.folder)
    let trees = PlannedTrees(manifest, in: sources)
    let requested = RequestedEntries(manifest, for: manifest.arch, in: sources)
    var table = EntryTable()
    var diagnostics = trees.diagnostics
    for step in [trees.entries.contribution, requested.contribution] {
      table.add(step)
      diagnostics.add(step.diagnostics)
    }
    diagnostics.add(table.diagnostics)
    try diagnostics.requireNoErrors()
    var archive = PlannedArchive(name: "appended")
    archive.entries = try table.entries(onTopOf: existing)
    var inode: UInt32 = 1
    EntryTable.number(&archive.entries, from: &inode)
    var plan = Plan(name: manifest.name, source: sources.sysroot)
    plan.archives = [archive]
    plan.notes = diagnostics.notes
    return plan
  }

  /// Refuses a manifest that describes more than a segment.
  private static func requireSegment(_ manifest: Manifest) throws(InitrdError) {
    let file = manifest.file.map { InitrdError.Location(file: $0) }
    var diagnostics = Diagnostics()
    if !manifest.isPartial {
      diagnostics.error(
        .manifest, "the manifest describes a whole image, and not a segment to append", at: file,
        remedy: "add \"partial\": true, or build an image of it")
    }
    for (key, isUsed) in [
      ("modules.include", !manifest.modules.include.isEmpty),
      ("binaries", !manifest.binaries.isEmpty),
      ("firmware.include", !manifest.firmware.include.isEmpty),
      ("segments", !manifest.segments.isEmpty), ("early", manifest.early != Manifest.Early()),
    ] where isUsed {
      diagnostics.error(
        .conflict, "\"\(key)\" can't be a part of a segment that is appended", at: file,
        remedy: "remove it, or build an image of the manifest")
    }
    try diagnostics.requireNoErrors()
  }
}
