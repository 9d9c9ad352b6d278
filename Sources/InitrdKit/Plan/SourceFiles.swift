import Synchronization

/// Finds the files that a manifest names: in the sysroot, or relative to the manifest's directory if a path begins with
/// `./` or `../`.
struct SourceFiles: ~Copyable {
  let sysroot: Sysroot
  /// The directory of the manifest.
  private let folder: String
  private let besideManifest = Mutex<Set<String>>([])

  init(
    layers: [String], for architecture: Architecture?, besideManifestIn folder: String
  ) throws(InitrdError) {
    sysroot = try Sysroot(layers, architecture: architecture)
    self.folder = folder
  }

  /// The regular files that were opened so far, with the names that messages use, sorted.
  var inputs: [String] {
    (Set(sysroot.inputs).union(besideManifest.withLock { $0 })).sorted()
  }

  /// An open regular file, and its properties for a plan.
  struct Found: ~Copyable {
    let file: OpenFile
    let planned: PlannedFile
    /// The permissions of the file.
    let mode: UInt16
  }

  /// The name of the file at `path` in messages.
  func display(_ path: String) -> String {
    Self.isBesideManifest(path) ? hostPath(path) : sysroot.display(path)
  }

  /// Opens the regular file that a path of the manifest names; `nil` if it does not exist.
  func open(_ path: String) throws(InitrdError) -> OpenFile? {
    guard Self.isBesideManifest(path) else { return try sysroot.openFile(path) }
    let path = hostPath(path)
    guard try OpenFile.status(of: path) != nil else { return nil }
    let file = try OpenFile(reading: path)
    try file.requireRegular()
    besideManifest.withLock { _ = $0.insert(path) }
    return file
  }

  /// The file that a path of the manifest names, for reading while the image is written; `nil` if it does not exist.
  ///
  /// - Throws: `limit` for a file of 4 GiB or more, which does not fit in an entry.
  func find(_ path: String) throws(InitrdError) -> Found? {
    guard let file = try open(path) else { return nil }
    var status = try file.status()
    var place = PlannedFile.Place.host(hostPath(path))
    if !Self.isBesideManifest(path) {
      place = .sysroot(path)
      // The file of an archive is a part of another file.
      if let found = try sysroot.placeInStack(path) {
        place = .layer(found.layer, found.path)
        let identity = found.entry.identity
        (status.device, status.inode, status.changed) =
          (identity.device, identity.inode, identity.changed)
        status.mode = found.entry.mode
      }
    }
    let planned = try PlannedFile(status, at: place, named: file.name)
    return Found(file: file, planned: planned, mode: status.mode)
  }

  /// Reads the file that an item names.
  ///
  /// - Returns: the content; `nil` if the file does not exist, which is added to the diagnostics.
  func contents(
    of item: Manifest.Item, key: String, _ diagnostics: inout Diagnostics
  ) throws(InitrdError) -> [UInt8]? {
    if let file = try open(item.name) { return try file.contents(limit: 64 << 20) }
    diagnostics.missing(
      "\(key): no file at \(display(item.name))", isOptional: item.optional, at: item.location)
    return nil
  }

  /// Runs `body`, and adds the name of the file to its errors.
  func naming<Result>(
    _ path: String, _ body: () throws(InitrdError) -> Result
  ) throws(InitrdError) -> Result {
    do { return try body() } catch { throw error.inFile(display(path)) }
  }

  /// Checks that a file is for the machine of the image.
  ///
  /// - Throws: `conflict` if it is for another one.
  func requireArchitecture(
    _ wanted: Architecture?, _ found: Architecture?, of path: String
  ) throws(InitrdError) {
    guard let wanted, wanted != found else { return }
    throw InitrdError(
      .conflict,
      "this file is for \(found?.rawValue ?? "an unknown machine"), but the image is for \(wanted.rawValue)",
      at: .init(file: display(path)), remedy: "use a file for that machine, or change \"arch\"")
  }

  static func isBesideManifest(_ path: String) -> Bool {
    path.utf8.starts(with: "./".utf8) || path.utf8.starts(with: "../".utf8)
  }

  func hostPath(_ path: String) -> String { folder == "." ? path : "\(folder)/\(path)" }
}

extension FileBytes {
  /// The bytes of a file that was found.
  init(_ found: consuming SourceFiles.Found) {
    let size = UInt64(found.planned.size)
    self.init(found.file, size: size)
  }
}
