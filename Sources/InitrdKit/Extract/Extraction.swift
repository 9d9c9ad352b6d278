/// Unpacks an image into a directory, as the kernel unpacks it into memory: later entries win, hard links are joined,
/// segments follow one another.
///
/// All paths are resolved in memory. While the image is read, data is written into a temporary directory inside of the
/// destination. Then the tree is created directory by directory, and the files are moved into it. So no path and no
/// link of an image ever reaches the file system, and nothing outside of the destination can be touched.
package struct Extraction: Sendable {
  /// The image.
  package var image: ImageFile
  /// The directory for its files; created if it does not exist.
  package var folder: String
  /// Shell patterns for whole paths, in which `*` also matches slashes; a directory stands for everything in it. None:
  /// everything.
  package var patterns: [[UInt8]] = []
  /// Whether each segment is extracted separately, into directories `0`, `1` and so on.
  package var perSegment = false
  /// Whether `folder` may contain files, which are replaced where the image has the same names.
  package var overwrites = false
  /// Whether devices, fifos and sockets are created.
  package var makesDevices = false
  /// Whether set-user-ID and set-group-ID bits are set.
  package var setsIDBits = false
  /// Whether files get the owners and groups of the image.
  package var setsOwners = false
  /// The limits for reading and memory.
  package var limits = ReadLimits()

  /// Extracts `image` into `folder`.
  package init(_ image: ImageFile, into folder: String) {
    self.image = image
    self.folder = folder
  }

  /// Extracts the image at `path` into `folder`.
  package init(_ path: String, into folder: String) { self.init(ImageFile(path), into: folder) }

  /// Reads the image, and creates its files.
  ///
  /// - Throws: before anything is written, `missing` for a pattern that matches nothing and `conflict` for a directory
  ///   that is not empty; `system` when files can't be written.
  package func run() throws(InitrdError) -> ExtractReport {
    var reader = try ImageReader(image, limits)
    var builder = TreeBuilder(limits, perSegment: perSegment)
    var report = ExtractReport()
    // A file's data may be with another of its hard links, earlier or later in the image. So the whole tree must be
    // known before the selected data is.
    if !patterns.isEmpty {
      report.failure = try reader.build(&builder)
      try select(in: &builder, &report)
    }
    // A signal waits until the temporary directory is removed.
    return try Signals.puttingOff { () throws(InitrdError) in
      try write(from: &reader, builder, report)
    }
  }

  /// Creates the files; with patterns, `built` contains only the selected ones.
  private func write(
    from reader: inout ImageReader, _ built: consuming TreeBuilder,
    _ report: consuming ExtractReport
  ) throws(InitrdError) -> ExtractReport {
    var builder = built
    var report = report
    let isNew = try OpenFile.makeFolder(folder)
    do throws(InitrdError) {
      try fill(isNew: isNew, from: &reader, &builder, &report)
    } catch {
      // The temporary directory is removed by now. A directory that is not empty stays.
      if isNew { OpenFile.removeFolder(folder) }
      throw error
    }
    return report
  }

  private func fill(
    isNew: Bool, from reader: inout ImageReader, _ builder: inout TreeBuilder,
    _ report: inout ExtractReport
  ) throws(InitrdError) {
    let destination = try openFolder(isNew: isNew)
    var staging = try Staging(in: destination)
    if patterns.isEmpty {
      report.failure = try reader.build(&builder, storing: &staging)
      report.add(builder.dropped, count: builder.droppedCount)
    } else {
      try reader.store(builder.contents, to: &staging)
    }
    place(builder.trees, in: destination, staging, &report)
    if let failure = report.failure, report.entries == 0 { throw failure }
  }

  private func place(
    _ trees: [Int: UnpackedTree], in folder: borrowing OpenFile, _ staging: consuming Staging,
    _ report: inout ExtractReport
  ) {
    for (number, tree) in trees.sorted(by: { $0.key < $1.key }) where perSegment {
      var placement = Placement(tree, number, self, report)
      let name = Array(String(number).utf8)
      do throws(InitrdError) {
        let own = try Placement.folder(name, in: folder)
        placement.fill(own, &staging)
        if patterns.isEmpty { placement.setRootAttributes(own) }
        report = placement.report
      } catch { report.add(ExtractRemark(.refused, name, error.message)) }
    }
    guard let tree = trees[0], !perSegment else { return }
    var placement = Placement(tree, 0, self, report)
    placement.fill(folder, &staging)
    // First, because the root's mode may forbid to remove the temporary directory, and the removal changes its time.
    _ = consume staging
    if patterns.isEmpty { placement.setRootAttributes(folder) }
    report = placement.report
  }

  private func select(
    in builder: inout TreeBuilder, _ report: inout ExtractReport
  ) throws(InitrdError) {
    let selection = Selection(patterns)
    let dropped = builder.dropped.filter { selection.contains($0.path) }
    report.add(dropped, count: dropped.count)
    let whole = builder.trees[0]
    var found: Set<Int> = []
    for tree in Array(builder.trees.keys) {
      found.formUnion(builder.trees[tree]?.keep(selection) ?? [])
    }
    var errors: [InitrdError] = []
    for (number, pattern) in patterns.enumerated() where !found.contains(number) {
      errors.append(
        InitrdError(
          .missing, "nothing in the image matches \(printable(pattern))",
          at: .init(file: image.name),
          remedy: whole?.remedy(for: pattern)))
    }
    if let error = InitrdError(all: errors + (report.failure.map { [$0] } ?? [])), !errors.isEmpty {
      throw error
    }
  }

  private func openFolder(isNew: Bool) throws(InitrdError) -> OpenFile {
    let opened = try OpenFile(reading: folder)
    let location = InitrdError.Location(file: folder)
    guard try opened.status().kind == .directory else {
      throw InitrdError(
        .badInput, "not a directory", at: location, remedy: "name a directory with -C")
    }
    if isNew || overwrites { return opened }
    guard try opened.directoryEntries().isEmpty else {
      throw InitrdError(
        .conflict, "the directory is not empty", at: location,
        remedy: "name a new directory with -C, or replace existing files with --overwrite")
    }
    return opened
  }
}
