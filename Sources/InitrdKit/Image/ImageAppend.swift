/// Adds a segment to an existing image, for example with the files of one machine.
///
/// The kernel unpacks segments one after another, and later entries win. The bytes of the existing image are copied
/// unchanged, so a signature over them stays valid.
package struct ImageAppend: Sendable {
  /// The image to add to.
  package var image: ImageFile
  /// The file for the result. If it is the image's own file, that is replaced, and keeps its owner, permissions and
  /// extended attributes.
  package var output: String
  /// The compression of the segment; a small segment is best left uncompressed.
  package var compression = Compression.uncompressed
  /// The compression's level; `nil`: its default.
  package var level: Int?

  /// The limits for reading the image.
  package var limits = ReadLimits()

  /// Adds to the image at `path`, and writes the result to `output`; `nil`: replaces the image.
  package init(_ path: String, output: String? = nil) {
    self.init(ImageFile(path), output: output ?? path)
  }

  /// Adds to `image`, and writes the result to `output`.
  package init(_ image: ImageFile, output: String) {
    self.image = image
    self.output = output
  }

  /// Adds the entries of each manifest as a segment, and writes the result to a temporary file, which is renamed when it is complete.
  ///
  /// - Throws: `malformed` for an image that the kernel would not read to its end, `conflict` for one that ends
  ///   with a boot configuration or has a file where a directory is needed, and the errors of planning.
  package func append(
    _ manifests: [Manifest], options: WriteOptions = .init()
  ) throws(InitrdError) -> AppendReport {
    let source = try image.open()
    let addition = try plan(manifests, to: source)
    var file = try AtomicFile(replacing: output, mode: try source.status().mode)
    try file.requireRoom(addition.plans.reduce(addition.imageSize) { $0 + $1.leastSize })
    guard try file.copy(source, count: addition.imageSize) == addition.imageSize else {
      throw shrunk
    }
    let report = try write(addition, options) { (bytes: Span<UInt8>) throws(InitrdError) in
      try file.write(bytes)
    }
    if try file.replaces(source) { try file.keepAttributes(of: source) }
    try file.commit()
    return report
  }

  /// Adds the entries of each manifest as a segment, and writes the result to an open file, pipe or socket, from its current offset. The descriptor stays
  /// open.
  ///
  /// - Throws: as above. Part of the result may have been written by then.
  package func append(
    _ manifests: [Manifest], toDescriptor descriptor: Int32, options: WriteOptions = .init()
  ) throws(InitrdError) -> AppendReport {
    try append(manifests, options: options) { (bytes: Span<UInt8>) throws(InitrdError) in
      try OpenFile.write(bytes, toDescriptor: descriptor)
    }
  }

  /// Adds the entries of each manifest as a segment, and passes the result to `sink`, in pieces of up to about a megabyte.
  ///
  /// - Throws: as above, and the errors of `sink`. Part of the result may have been passed on by then.
  package func append(
    _ manifests: [Manifest], options: WriteOptions = .init(),
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> AppendReport {
    let source = try image.open()
    let addition = try plan(manifests, to: source)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var done: UInt64 = 0
    while done < addition.imageSize {
      let count = try source.read(
        into: &buffer, at: done, count: Int(min(addition.imageSize - done, 1 << 20)))
      guard count > 0 else { throw shrunk }
      try sink(buffer.span.extracting(first: count))
      done += UInt64(count)
    }
    return try write(addition, options, to: sink)
  }

  /// The new segments and their place.
  private struct Addition {
    /// A plan for each segment.
    var plans: [Plan]
    var imageSize: UInt64
    /// The compression of the image's last segment.
    var last: Compression
  }

  private func plan(
    _ manifests: [Manifest], to source: borrowing OpenFile
  ) throws(InitrdError) -> Addition {
    let size = try source.status().size
    guard try PESections(source, size: size) == nil else {
      throw InitrdError(
        .conflict, "this is a PE file: appended data would be in none of its sections",
        at: .init(file: image.name),
        remedy: "append to the initramfs image, and make the kernel image again")
    }
    try requireNoBootConfiguration(source, size: size)
    var (existing, last) = try survey()
    var plans: [Plan] = []
    for var manifest in manifests {
      manifest.output.path = output.isEmpty ? nil : output
      var plan = try Planner.plan(appending: manifest, over: existing)
      plan.archives[0].compression = compression
      plan.archives[0].level = level ?? compression.defaultLevel
      for entry in plan.entries { existing[entry.path] = entry.fileType }
      plans.append(plan)
    }
    return Addition(plans: plans, imageSize: size, last: last)
  }

  /// Writes the padding and the new segment.
  private func write(
    _ addition: Addition, _ options: WriteOptions,
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> AppendReport {
    var report = AppendReport(bytes: addition.imageSize)
    var last = addition.last
    for plan in addition.plans {
      let padding = Self.padding(after: last, size: report.bytes)
      try sink([UInt8](repeating: 0, count: padding).span)
      let result = try ImageWriter.write(plan, options: options, to: sink)
      report.segments.append(
        AppendReport.Segment(
          offset: report.bytes + UInt64(padding), bytes: result.bytes,
          entries: plan.entries.count, unpackedBytes: plan.archiveSize))
      report.bytes += UInt64(padding) + result.bytes
      report.notes += plan.notes
      last = compression
      guard report.bytes < 1 << 32 else {
        throw InitrdError(
          .limit, "the image would have 4 GiB or more, which no kernel accepts",
          at: .init(file: output))
      }
    }
    return report
  }

  private var shrunk: InitrdError {
    InitrdError(.changed, "the image shrank while it was copied", at: .init(file: image.name))
  }

  /// The paths and types of the image's entries, and the compression of its last segment.
  private func survey() throws(InitrdError) -> ([ImagePath: FileType], Compression) {
    var reader = try ImageReader(image, limits)
    var memory = HeldMemory(limits)
    var existing: [ImagePath: FileType] = [:]
    try reader.read { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
      // A name that is not a valid image path can't be the parent of a new entry.
      if let path = try? ImagePath(entry.name), let type = entry.header.type {
        try memory.hold(160 + entry.name.count)
        existing[path] = type
      }
    }
    if let frame = reader.segments.first(where: \.isLZ4Frame) {
      throw InitrdError(
        .malformed, "a modern lz4 frame starts here: the kernel stops reading",
        at: .init(file: image.name, offset: frame.offset),
        remedy: "compress it again with lz4 -l")
    }
    return (existing, reader.segments.last?.compression ?? .uncompressed)
  }

  /// The number of NULs that the kernel needs before the next segment. A segment must start at a multiple of 4, and
  /// the lz4 decoder takes the bytes after a member for another block unless they are a zero word.
  static func padding(after compression: Compression, size: UInt64) -> Int {
    NewcWriter.padding(size) + (compression == .lz4 ? 4 : 0)
  }

  /// Refuses an image with a boot configuration: the kernel looks for it only at the end of the image (bootconfig.rst),
  /// and would not find it before the new segment.
  private func requireNoBootConfiguration(
    _ file: borrowing OpenFile, size: UInt64
  ) throws(InitrdError) {
    let mark = try BootConfiguration.markOffset(end: size) {
      (bytes: inout [UInt8], offset: UInt64) throws(InitrdError) in
      try file.read(into: &bytes, at: offset)
    }
    guard let mark else { return }
    throw InitrdError(
      .conflict, "the image ends with a boot configuration, which must stay at its end",
      at: .init(file: image.name, offset: mark),
      remedy: "remove it with bootconfig -d, append, and add it again with bootconfig -a")
  }
}
