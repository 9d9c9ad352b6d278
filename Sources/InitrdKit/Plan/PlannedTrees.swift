/// Everything that a manifest names as a whole: `trees`, and directories and patterns of `files`; a step of planning.
struct PlannedTrees: Sendable {
  /// The entries, with errors and notes about them, and what is known about the programs among them.
  private(set) var entries: TreeEntries
  /// Errors and notes about the items of the manifest.
  private(set) var diagnostics = Diagnostics()

  /// Reads the trees that `manifest` names. Every failure is among the diagnostics.
  ///
  /// - Parameters:
  ///   - manifest: the manifest, with names filled in.
  ///   - sources: where the trees are looked up.
  ///   - limit: the number of entries of all trees together.
  init(_ manifest: Manifest, in sources: borrowing SourceFiles, limit: Int = 2_000_000) {
    entries = TreeEntries(output: manifest.output.path, limit: limit)
    for tree in manifest.trees {
      do throws(InitrdError) { try add(tree, in: sources) } catch { diagnostics.add(error) }
    }
    for file in manifest.files {
      do throws(InitrdError) { try add(file, in: sources) } catch { diagnostics.add(error) }
    }
  }

  private mutating func add(
    _ tree: Manifest.Tree, in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    guard let source = try sources.tree(tree.source) else {
      diagnostics.missing(
        "trees: no directory at \(sources.display(tree.source))", isOptional: tree.optional,
        at: tree.location, remedy: try sources.remedy(forMissing: tree.source))
      return
    }
    var filter = TreeFilter(excluding: tree.exclude.map(\.name))
    var destination = TreeEntries.Destination(
      key: "trees", location: tree.location, rank: .tree, dest: tree.dest)
    destination.owner = tree.owner
    destination.attributes = tree.extendedAttributes
    _ = try entries.add(source, &filter, as: destination)
    for (item, hasMatched) in zip(tree.exclude, filter.hasMatched)
    where !hasMatched && !item.optional {
      diagnostics.note(
        .missing,
        "trees: nothing in \(source.name) matches \"\(printable(item.name.utf8))\" of \"exclude\"",
        at: item.location ?? tree.location)
    }
  }

  private mutating func add(
    _ file: Manifest.File, in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    guard case .path(let path) = file.source else { return }
    var destination = TreeEntries.Destination(
      key: "files", location: file.location, rank: .manifest, dest: file.dest)
    destination.owner = Manifest.Owner(uid: file.ownership.uid, gid: file.ownership.gid)
    destination.modes = file.ownership
    switch try FileSelection(path, in: sources) {
    case .file: return
    case .directory:
      destination.dest = try file.path(of: path)
      var filter = TreeFilter()
      if let source = try sources.tree(path) {
        _ = try entries.add(source, &filter, as: destination)
      }
    case .matches(let pattern, let directory):
      guard file.isBelowDest else {
        throw InitrdError(
          .manifest, "files: a pattern as \"source\" needs a directory as \"dest\"",
          at: file.location, remedy: "let \"dest\" end with a slash")
      }
      destination.pattern = pattern
      var filter = TreeFilter(matching: pattern)
      var found = 0
      if try sources.type(of: directory) == .directory, let source = try sources.tree(directory) {
        found = try entries.add(source, &filter, as: destination)
      }
      if found == 0 {
        diagnostics.missing(
          "files: nothing matches \(sources.display(path))", isOptional: file.optional,
          at: file.location, remedy: try remedy(for: path, below: directory, in: sources))
      }
    }
  }

  /// What to do about a pattern that matches nothing.
  private func remedy(
    for pattern: String, below directory: String, in sources: borrowing SourceFiles
  ) throws(InitrdError) -> String? {
    guard try sources.type(of: directory) == .directory else {
      return try sources.remedy(forMissing: directory)
    }
    let names = try sources.names(in: directory)
    let name = sources.display(directory)
    let wanted = pattern.utf8.split(separator: UInt8(ascii: "/")).last ?? Substring().utf8
    let texts = names.compactMap { String(validating: $0, as: UTF8.self) }
    let near = nearest(to: String(Substring(wanted)), in: texts) ?? texts.first
    return near.map { "\(name) has, for example, \(printable($0.utf8))" }
      ?? "\(name) is empty"
  }
}
