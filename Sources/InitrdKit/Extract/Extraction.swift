/// Unpacks an image into a folder, as the kernel unpacks it into memory: later entries win, hard links are joined,
/// segments follow one another.
///
/// Where everything goes is settled in memory. Data goes to a folder of its own inside of the
/// destination while the image is read; then the tree is made folder by folder, and files are moved into it. So no
/// path and no link of an image ever reaches the file system, and nothing outside of the destination can be touched.
package struct Extraction: Sendable {
  /// The image.
  package var image: ImageFile
  /// Where its files go; made if there is no such folder.
  package var folder: String
  /// What is extracted: shell patterns over whole paths, in which `*` takes slashes too; a folder comes with all
  /// that is in it. None of them: everything.
  package var patterns: [[UInt8]] = []
  /// Whether each segment is extracted by itself, into folders that are called `0`, `1` and so on.
  package var perSegment = false
  /// Whether `folder` may have something in it, which is then replaced where the image has the same names.
  package var overwrites = false
  /// Whether devices, fifos and sockets are made.
  package var makesDevices = false
  /// Whether set-user-ID and set-group-ID bits are set.
  package var setsIDBits = false
  /// Whether owners and groups are those of the image.
  package var setsOwners = false
  /// How much is read and held.
  package var limits = ReadLimits()

  /// Extracts `image` into `folder`.
  package init(_ image: ImageFile, into folder: String) {
    self.image = image
    self.folder = folder
  }

  /// Extracts the image at `path` into `folder`.
  package init(_ path: String, into folder: String) { self.init(ImageFile(path), into: folder) }

  /// Reads the image and makes its files.
  ///
  /// - Throws: `missing` for a pattern that nothing fits and `conflict` for a folder with something in it, before
  ///   anything is written; `system` when files can't be written.
  package func run() throws(InitrdError) -> ExtractReport {
    var reader = try ImageReader(image, limits)
    var builder = TreeBuilder(limits, perSegment: perSegment)
    var report = ExtractReport()
    // A file's data may stand under another of its names, before it or behind it: what is selected is known only when
    // the whole tree is.
    if !patterns.isEmpty {
      report.failure = try reader.build(&builder)
      try select(in: &builder, &report)
    }
    // A signal waits until what lies beside the files is removed.
    return try Signals.puttingOff { () throws(InitrdError) in
      try write(from: &reader, builder, report)
    }
  }

  /// Makes the files; with patterns, `builder` has what is selected.
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
      // Whatever was made is removed by now, and a directory that has something in it stays.
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
    // The root may be one that nothing can be removed from, and is changed by what is.
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
          .missing, "nothing in the image fits \(printable(pattern))", at: .init(file: image.name),
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
        .badInput, "not a folder", at: location, remedy: "name the folder to extract into with -C")
    }
    if isNew || overwrites { return opened }
    guard try opened.directoryEntries().isEmpty else {
      throw InitrdError(
        .conflict, "the folder is not empty", at: location,
        remedy: "name a new one with -C, or replace what is there with --overwrite")
    }
    return opened
  }
}
