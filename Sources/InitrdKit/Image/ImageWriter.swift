/// Writes the image of a plan: newc archives, each compressed as planned. The same plan always gives the same bytes.
enum ImageWriter {
  /// Writes the image to a file: see `Plan.write(to:mode:options:)`.
  static func write(
    _ plan: Plan, toFile path: String, mode: UInt16 = 0o600, options: WriteOptions = .init()
  ) throws(InitrdError) -> WrittenImage {
    let file = try AtomicFile(replacing: path, mode: mode)
    try file.requireRoom(plan.leastSize)
    var output = ImageOutput(try FileTarget(file))
    let segments = try write(plan, to: &output, options)
    try plan.requireBudget(imageSize: output.bytes)
    return WrittenImage(
      bytes: output.bytes, segments: segments, sha256: try output.target.commit())
  }

  /// Writes the image to a closure: see ``Plan/write(options:to:)``.
  static func write(
    _ plan: Plan, options: WriteOptions = .init(),
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> WrittenImage {
    try withoutActuallyEscaping(sink) { (sink) throws(InitrdError) in
      var output = ImageOutput(SinkTarget(sink))
      let segments = try write(plan, to: &output, options)
      return WrittenImage(bytes: output.bytes, segments: segments, sha256: output.target.digest)
    }
  }

  private static func write<Target: ImageTarget & ~Copyable>(
    _ plan: Plan, to output: inout ImageOutput<Target>, _ options: WriteOptions
  ) throws(InitrdError) -> [WrittenImage.Segment] {
    var segments: [WrittenImage.Segment] = []
    let work = WorkMonitor(plan, options)
    for (number, archive) in plan.archives.enumerated() {
      let offset = output.bytes
      try write(archive, of: plan, to: &output, work, options)
      segments.append(WrittenImage.Segment(offset: offset, bytes: output.bytes - offset))
      // The kernel needs the next archive at a multiple of 4; after an early archive the multiple is larger.
      guard number + 1 < plan.archives.count else { break }
      try output.pad(to: archive.padding)
    }
    try output.flush()
    return segments
  }

  private static func write<Target: ImageTarget & ~Copyable>(
    _ archive: PlannedArchive, of plan: Plan, to output: inout ImageOutput<Target>,
    _ work: WorkMonitor, _ options: WriteOptions
  ) throws(InitrdError) {
    let offset = output.bytes
    guard archive.compression == .uncompressed else {
      try MemberCompression(archive: archive, offset: offset, sysroot: plan.source, work: work)
        .run(threads: max(1, options.threads ?? Processors.count())) {
          (bytes: Span<UInt8>) throws(InitrdError) in try output.write(bytes)
        }
      return
    }
    let entries = EntryWriter(plan.source, work: work)
    for member in archive.members(offset: offset) {
      try entries.write(member, of: archive, offset: offset) {
        (bytes: Span<UInt8>) throws(InitrdError) in
        try output.write(bytes)
      } copy: { (file: borrowing OpenFile, offset: UInt64, count: UInt64) throws(InitrdError) in
        try output.copy(file, from: offset, count: count)
      }
    }
  }
}
