/// Writes a plan's image: newc, compressed, byte for byte the same wherever and whenever it is written.
public enum ImageWriter {
  /// Where an archive of the plan is in the image.
  public struct Segment: Equatable, Sendable {
    /// Bytes of the image before it.
    public var offset: UInt64
    /// Its bytes, without what pads it.
    public var bytes: UInt64
  }

  /// What was written.
  public struct Result: Equatable, Sendable {
    /// Bytes of the image.
    public var bytes: UInt64
    /// Where each archive of the plan is.
    public var segments: [Segment]
    /// The image's SHA-256, 32 bytes.
    public var sha256: [UInt8]
  }

  /// Writes the image to the file at `path`, which keeps its old content until the new one is whole.
  ///
  /// - Parameters:
  ///   - plan: the image.
  ///   - path: the file.
  ///   - mode: its permissions.
  ///   - options: threads, and who is told how far it is.
  /// - Returns: the image's size and hash.
  /// - Throws: `system`, `missing`, `conflict`; `no-space` before anything is written where it is known that there is
  ///   no room; `budget` when it becomes too large; `changed` when a file is no longer as it was planned;
  ///   `cancelled` when the task that calls is.
  public static func write(
    _ plan: Plan, toFile path: String, mode: UInt16 = 0o600, options: WriteOptions = .init()
  ) throws(InitrdError) -> Result {
    let file = try AtomicFile(replacing: path, mode: mode)
    try file.requireRoom(plan.leastSize)
    var output = ImageOutput(try FileTarget(file))
    let segments = try write(plan, to: &output, options)
    try plan.requireBudget(imageSize: output.bytes)
    return Result(
      bytes: output.bytes, segments: segments, sha256: try output.target.commit())
  }

  /// Writes the image to an open file, pipe or socket, which is not closed, from where it stands.
  ///
  /// - Parameters:
  ///   - plan: the image.
  ///   - descriptor: the open file's number.
  ///   - options: threads, and who is told how far it is.
  /// - Returns: the image's size and hash.
  /// - Throws: as for a sink, and `system`.
  public static func write(
    _ plan: Plan, toDescriptor descriptor: Int32, options: WriteOptions = .init()
  ) throws(InitrdError) -> Result {
    try write(plan, options: options) { (bytes: Span<UInt8>) throws(InitrdError) in
      try OpenFile.write(bytes, toDescriptor: descriptor)
    }
  }

  /// Writes the image to `sink`, in pieces of up to about a megabyte.
  ///
  /// - Parameters:
  ///   - plan: the image.
  ///   - options: threads, and who is told how far it is.
  ///   - sink: gets the pieces, in their order.
  /// - Returns: the image's size and hash.
  /// - Throws: `changed` when a file is no longer as it was planned, `cancelled` when the task that calls is, and
  ///   what `sink` throws.
  public static func write(
    _ plan: Plan, options: WriteOptions = .init(),
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> Result {
    try withoutActuallyEscaping(sink) { (sink) throws(InitrdError) in
      var output = ImageOutput(SinkTarget(sink))
      let segments = try write(plan, to: &output, options)
      return Result(bytes: output.bytes, segments: segments, sha256: output.target.digest)
    }
  }

  private static func write<Target: ImageTarget & ~Copyable>(
    _ plan: Plan, to output: inout ImageOutput<Target>, _ options: WriteOptions
  ) throws(InitrdError) -> [Segment] {
    var segments: [Segment] = []
    try WorkMonitor.watching(plan, progress: options.progress) { (work) throws(InitrdError) in
      for (number, archive) in plan.archives.enumerated() {
        let offset = output.bytes
        try write(archive, of: plan, to: &output, work, options)
        segments.append(Segment(offset: offset, bytes: output.bytes - offset))
        // What follows must start on a multiple of 4 for the kernel; early archives end on more.
        guard number + 1 < plan.archives.count else { break }
        try output.pad(to: archive.padding)
      }
      try output.flush()
    }
    return segments
  }

  private static func write<Target: ImageTarget & ~Copyable>(
    _ archive: PlannedArchive, of plan: Plan, to output: inout ImageOutput<Target>,
    _ work: WorkMonitor, _ options: WriteOptions
  ) throws(InitrdError) {
    let offset = output.bytes
    guard archive.compression == .uncompressed else {
      try MemberCompression(archive: archive, offset: offset, sysroot: plan.sysroot, work: work)
        .run(threads: max(1, options.threads ?? Processors.count())) {
          (bytes: Span<UInt8>) throws(InitrdError) in try output.write(bytes)
        }
      return
    }
    let entries = try EntryWriter(sysroot: plan.sysroot, work: work)
    for member in archive.members(offset: offset) {
      try entries.write(member, of: archive, offset: offset) {
        (bytes: Span<UInt8>) throws(InitrdError) in
        try output.write(bytes)
      } copy: { (file: borrowing OpenFile, count: UInt64) throws(InitrdError) in
        try output.copy(file, count: count)
      }
    }
  }
}
