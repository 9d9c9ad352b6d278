/// The entries that a manifest names: directories, symbolic links, nodes and files; a step of planning.
struct RequestedEntries: Sendable {
  /// The entries, errors and notes.
  private(set) var contribution = Contribution()
  /// Summaries of the programs, libraries and scripts among the files, by their paths in the image.
  private(set) var programs: [ImagePath: FileSummary] = [:]

  /// Finds the files that `manifest` names. All failures are added to the diagnostics.
  init(_ manifest: Manifest, for architecture: Architecture?, in sources: borrowing SourceFiles) {
    for directory in manifest.directories {
      contribution.request(
        .directory, at: directory.path, directory.ownership, mode: 0o755, key: "directories",
        location: directory.location)
    }
    for link in manifest.symlinks {
      contribution.request(
        .symlink(link.target), at: link.path, .init(), mode: 0o777, key: "symlinks",
        location: link.location)
    }
    for node in manifest.nodes {
      contribution.request(
        .node(node.kind, major: node.major, minor: node.minor), at: node.path, node.ownership,
        mode: 0o600, key: "nodes", location: node.location)
    }
    for file in manifest.files {
      do { try add(file, for: architecture, in: sources) } catch {
        contribution.diagnostics.add(error)
      }
    }
  }

  private mutating func add(
    _ file: Manifest.File, for architecture: Architecture?, in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    switch file.source {
    case .content(let bytes):
      contribution.request(
        .bytes(bytes), at: file.dest, file.ownership, mode: 0o644, key: "files",
        location: file.location)
    case .path(let path):
      // Directories and patterns are a step of their own.
      guard case .file = try FileSelection(path, in: sources) else { return }
      let dest = try file.path(of: path)
      guard let found = try sources.find(path) else {
        let message = "no file at \(sources.display(path))"
        contribution.diagnostics.missing(
          file.optional ? "files: \(message), so there is no \(dest)" : message,
          isOptional: file.optional, at: file.location,
          remedy: try sources.remedy(forMissing: path))
        return
      }
      // An executable program of another machine is refused below. Other ELF files may be firmware.
      let isExecutable = (file.ownership.mode ?? found.mode) & 0o111 != 0
      contribution.request(
        .file(found.planned), at: dest, file.ownership,
        mode: found.mode & 0o100 != 0 ? 0o755 : 0o644, key: "files",
        name: sources.display(path), location: file.location)
      let bytes = FileBytes(found)
      let summary: FileSummary?
      do { summary = try FileSummary(program: bytes) } catch {
        if isExecutable { throw error.inFile(bytes.file.name) }
        return
      }
      if isExecutable, case .program(let links, _) = summary {
        try sources.requireArchitecture(architecture, links.architecture, of: path)
      }
      programs[dest] = summary
    }
  }
}
