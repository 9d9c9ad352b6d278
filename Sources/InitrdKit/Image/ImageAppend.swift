/// Adds a segment to an image that exists: how a pipeline gives each machine its own files.
///
/// The kernel unpacks segments one after another, and later entries win. What stands before is copied as it
/// is, so that its own bytes, and a signature over them, stay the same.
public struct ImageAppend: Sendable {
  /// What was written.
  public struct Report: Equatable, Sendable {
    /// Where the new segment starts.
    public var offset: UInt64
    /// Bytes of the image now.
    public var bytes: UInt64
    /// Entries of the new segment, with the folders that the image did not have.
    public var entries: Int
  }

  /// The image to add to.
  public var image: String
  /// Where the result goes; the image itself to replace it.
  public var output: String
  /// How the segment is compressed; small ones are best left as they are.
  public var compression = Compression.none
  /// The compression's level; `nil`: its default.
  public var level: Int?

  /// Adds to `image`, and replaces it unless there is another `output`.
  public init(_ image: String, output: String? = nil) {
    self.image = image
    self.output = output ?? image
  }

  /// Adds `files`, and writes the result, which appears when it is whole.
  ///
  /// - Throws: `malformed` for an image that the kernel would not read to its end, `conflict` for one that ends
  ///   with a boot configuration or has a file where a folder is needed, and what planning throws.
  public func append(
    _ files: [Manifest.File], options: WriteOptions = .init()
  ) throws(InitrdError) -> Report {
    let source = try OpenFile(reading: image)
    let status = try source.status()
    guard try PESections(source, size: status.size) == nil else {
      throw InitrdError(
        .conflict, "a PE file: what is appended to it is in none of its sections",
        at: .init(file: image), remedy: "append to the image, and make the kernel image again")
    }
    try requireNoBootConfiguration(source, size: status.size)
    let (existing, last) = try survey()
    var plan = try Planner.plan(files, over: existing)
    plan.archives[0].compression = compression
    plan.archives[0].level = level ?? compression.defaultLevel

    let padding = Self.padding(after: last, size: status.size)
    let offset = status.size + UInt64(padding)
    var file = try AtomicFile(replacing: output, mode: status.mode)
    try file.requireRoom(offset + plan.leastSize)
    guard try file.copy(source, count: status.size) == status.size else {
      throw InitrdError(.changed, "the image shrank while it was copied", at: .init(file: image))
    }
    try file.write([UInt8](repeating: 0, count: padding).span)
    let result = try ImageWriter.write(plan, options: options) {
      (bytes: Span<UInt8>) throws(InitrdError) in
      try file.write(bytes)
    }
    guard offset + result.bytes < 1 << 32 else {
      throw InitrdError(
        .limit, "the image would be of 4 GiB or more, which no kernel takes",
        at: .init(file: output))
    }
    try file.commit()
    return Report(offset: offset, bytes: offset + result.bytes, entries: plan.entries.count)
  }

  /// What the image has, and how its last segment is compressed.
  private func survey() throws(InitrdError) -> ([ImagePath: FileType], Compression) {
    var reader = try ImageReader(image)
    var existing: [ImagePath: FileType] = [:]
    try reader.read { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
      // A name that we would refuse to write is none that a new entry could have for a parent.
      if let path = try? ImagePath(entry.name), let type = entry.header.type {
        existing[path] = type
      }
    }
    if let frame = reader.segments.first(where: \.isLZ4Frame) {
      throw InitrdError(
        .malformed, "the modern frame of lz4: the kernel stops reading there",
        at: .init(file: image, offset: frame.offset), remedy: "compress it again with lz4 -l")
    }
    return (existing, reader.segments.last?.compression ?? .none)
  }

  /// How many NULs the kernel needs before the next segment: it must start on a multiple of 4, and the lz4
  /// decoder takes what follows for a block unless it is a zero word.
  static func padding(after compression: Compression, size: UInt64) -> Int {
    NewcWriter.padding(size) + (compression == .lz4 ? 4 : 0)
  }

  /// The kernel looks for a boot configuration at the very end (bootconfig.rst): it would not find it any more.
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
      at: .init(file: image, offset: mark),
      remedy: "take it off with bootconfig -d, append, and put it back with bootconfig -a")
  }
}
