/// Makes the plan of an image from a manifest: looks everything up, and decides everything.
///
/// What is asked for and can't be had ends it with one error that carries all of it.
public struct Planner: ~Copyable {
  let sysroot: Sysroot
  var manifest: Manifest
  var table = EntryTable()
  var plan: Plan
  var errors: [InitrdError] = []
  /// Bytes of modules that were decompressed.
  var unpackedModules = 0
  private var besides: Set<String> = []

  /// Plans the image that `manifest` asks for.
  ///
  /// - Returns: every entry with its reason, and how they are compressed.
  /// - Throws: an ``InitrdError`` with all that is missing or can't be.
  public static func plan(_ manifest: Manifest) throws(InitrdError) -> Plan {
    var planner = try Planner(manifest)
    return try planner.run()
  }

  /// Plans a segment of `files` that follows an image with the entries `existing`.
  ///
  /// - Throws: an ``InitrdError`` with all that is missing or can't be.
  static func plan(
    _ files: [Manifest.File], besides existing: [ImagePath: FileType]
  ) throws(InitrdError) -> Plan {
    var manifest = Manifest()
    manifest.files = files
    var planner = try Planner(manifest)
    planner.addWanted()
    if let error = InitrdError(all: planner.errors + planner.table.errors) { throw error }
    var archive = PlannedArchive(name: "appended")
    archive.entries = try planner.table.entries(besides: existing)
    var inode: UInt32 = 1
    EntryTable.number(&archive.entries, from: &inode)
    planner.plan.archives = [archive]
    return planner.plan
  }

  private init(_ manifest: Manifest) throws(InitrdError) {
    let path = try Variables(release: manifest.kernel?.release, arch: manifest.arch?.rawValue)
      .fill(manifest.sysroot)
    sysroot = try Sysroot(path)
    self.manifest = manifest
    plan = Plan(name: manifest.name, sysroot: path)
  }

  private mutating func run() throws(InitrdError) -> Plan {
    let kernel = try findKernel()
    var busybox: FoundBusybox?
    do { busybox = try findBusybox() } catch { errors.append(error) }
    do { try addModules(of: kernel) } catch { errors.append(error) }
    do { try addInit(with: busybox) } catch { errors.append(error) }
    addWanted()
    var archives: [PlannedArchive] = []
    do { archives = try makeArchives(for: kernel) } catch { errors.append(error) }
    if let error = InitrdError(all: errors + table.errors) { throw error }
    plan.name = manifest.name
    plan.output = manifest.output
    plan.baseline = manifest.baseline
    plan.budget = manifest.budget
    plan.archives = archives
    try noteWhatDoesNotStart(plan.entries)
    plan.inputs = (sysroot.inputs + besides).sorted()
    guard plan.archiveSize < 1 << 32 else {
      throw InitrdError(
        .limit, "\(plan.archiveSize) bytes unpacked: no kernel takes an archive of 4 GiB or more")
    }
    try plan.requireBudget(imageSize: nil)
    return plan
  }

  // MARK: The kernel

  /// Finds the kernel and the machine, and fills their names in wherever the manifest has them.
  private mutating func findKernel() throws(InitrdError) -> KernelTree? {
    guard let wanted = manifest.kernel else {
      plan.architecture = manifest.arch
      manifest = try manifest.filled(Variables(release: nil, arch: manifest.arch?.rawValue))
      return nil
    }
    var named = wanted.release
    if let text = named {
      named = try Variables(release: nil, arch: manifest.arch?.rawValue).fill(
        text, at: wanted.location)
    }
    let release = try KernelTree.release(named, in: sysroot, at: wanted.location)
    plan.kernelRelease = release
    plan.architecture = manifest.arch
    if plan.architecture == nil {
      plan.architecture = try KernelTree.architecture(of: release, in: sysroot)
    }
    manifest = try manifest.filled(
      Variables(release: release, arch: plan.architecture?.rawValue))
    let kernel = try KernelTree(
      release: release, manifest: manifest.kernel ?? wanted, in: sysroot)
    plan.notes += kernel.notes
    return kernel
  }

  // MARK: What the manifest names

  private mutating func addWanted() {
    for directory in manifest.directories {
      add(
        .directory, at: directory.path, directory.ownership, mode: 0o755,
        because: "asked for by directories", directory.location)
    }
    for link in manifest.symlinks {
      add(
        .symlink(link.target), at: link.path, .init(), mode: 0o777,
        because: "asked for by symlinks",
        link.location)
    }
    for node in manifest.nodes {
      add(
        .node(node.kind, major: node.major, minor: node.minor), at: node.path, node.ownership,
        mode: 0o600, because: "asked for by nodes", node.location)
    }
    for file in manifest.files {
      do { try add(file) } catch { errors.append(error) }
    }
  }

  private mutating func add(_ file: Manifest.File) throws(InitrdError) {
    let reason = "asked for by files"
    switch file.source {
    case .content(let bytes):
      add(
        .bytes(bytes), at: file.dest, file.ownership, mode: 0o644, because: reason, file.location)
    case .path(let path):
      guard let (planned, status) = try find(path) else {
        let message = "no file at \(display(path))"
        guard file.optional else {
          throw InitrdError(.missing, message, at: file.location)
        }
        plan.notes.append("files: \(message), so there is no \(file.dest)")
        return
      }
      // A program of another machine would start nowhere; what is not executable may well be firmware.
      if status.mode & 0o111 != 0, let elf = try head(of: path, size: planned.size) {
        try requireArchitecture(elf.architecture, of: path)
      }
      add(
        .file(planned), at: file.dest, file.ownership,
        mode: status.mode & 0o100 != 0 ? 0o755 : 0o644,
        because: "\(reason), from \(display(path))", file.location)
    }
  }

  private mutating func add(
    _ content: PlannedEntry.Content, at path: ImagePath, _ ownership: Manifest.Ownership,
    mode: UInt16, because reason: String, _ location: InitrdError.Location?
  ) {
    table.add(
      PlannedEntry(
        path: path, content: content, mode: ownership.mode ?? mode, uid: ownership.uid,
        gid: ownership.gid, reason: reason),
      rank: .manifest, at: location)
  }

  // MARK: Looking up

  /// Whether a path is looked up in the manifest's folder, and not in the sysroot.
  private static func isBesideManifest(_ path: String) -> Bool {
    path.utf8.starts(with: "./".utf8) || path.utf8.starts(with: "../".utf8)
  }

  private func besideManifest(_ path: String) -> String {
    manifest.folder == "." ? path : "\(manifest.folder)/\(path)"
  }

  /// How a looked-up path is named in messages.
  func display(_ path: String) -> String {
    Self.isBesideManifest(path) ? besideManifest(path) : sysroot.display(path)
  }

  /// Opens the regular file that a path of the manifest names; `nil` when there is nothing.
  mutating func open(_ path: String) throws(InitrdError) -> OpenFile? {
    guard Self.isBesideManifest(path) else { return try sysroot.openFile(path) }
    let path = besideManifest(path)
    guard try OpenFile.status(of: path) != nil else { return nil }
    let file = try OpenFile(reading: path)
    try Sysroot.requireRegular(file)
    besides.insert(path)
    return file
  }

  /// The file that a path of the manifest names, to be read when the image is written.
  mutating func find(_ path: String) throws(InitrdError) -> (PlannedFile, OpenFile.Status)? {
    guard let file = try open(path) else { return nil }
    let status = try file.status()
    guard let size = UInt32(exactly: status.size) else {
      throw InitrdError(
        .limit, "\(status.size) bytes: an entry of an initramfs ends at 4 GiB",
        at: .init(file: file.name))
    }
    let place: PlannedFile.Place =
      Self.isBesideManifest(path) ? .host(besideManifest(path)) : .sysroot(path)
    let planned = PlannedFile(
      place: place, size: size, device: status.device, inode: status.inode)
    return (planned, status)
  }

  /// Adds what comes without being asked.
  mutating func generate(
    _ content: PlannedEntry.Content, at path: String, mode: UInt16, because reason: String
  ) throws(InitrdError) {
    table.add(
      PlannedEntry(
        path: try ImagePath(path), content: content, mode: mode, uid: 0, gid: 0, reason: reason),
      rank: .generated)
  }
}
