public import SystemPackage

/// An initramfs image, or a unified kernel image that contains one. Its methods read, check, unpack and extend it.
///
/// ```swift
/// let image = Image("initrd.img")
/// for entry in try image.entries { print(entry.path, entry.size) }
/// print(try image.check().isGood)
/// ```
///
/// Nothing is read before a method is called, and every call reads the image again. The methods wait for files; most
/// have an `async` form, which works on a separate thread.
public struct Image: Sendable {
  /// The file, or the bytes in memory.
  package let file: ImageFile
  /// The limits for reading and memory; the defaults protect against hostile images.
  public var limits = ReadLimits()

  /// The image in the file at `path`.
  public init(_ path: FilePath) { file = ImageFile(path.string) }

  /// The image in these bytes, called `name` in messages. They are copied into a file in memory.
  ///
  /// - Throws: `system` when there is no memory for them.
  public init(bytes: [UInt8], name: String = "image in memory") throws(InitrdError) {
    file = try ImageFile(bytes: bytes.span, name: name)
  }

  /// All entries of all segments, in the order in which the kernel sees them.
  ///
  /// - Throws: `system` or `bad-input` when the image can't be read, `malformed` when it is damaged: see
  ///   ``ImageListing/failure`` of `listing(withDigests:)` for the entries before the damage.
  public var entries: [ListedEntry] {
    get throws(InitrdError) {
      let listing = try listing()
      if let failure = listing.failure { throw failure }
      return listing.entries
    }
  }

  /// All entries and segments, up to the end of the image or to where it is damaged.
  ///
  /// - Parameter digests: whether to compute the SHA-256 of each file.
  /// - Returns: the entries and segments; a damage is in ``ImageListing/failure``.
  /// - Throws: `system` or `bad-input` when the image can't be read.
  public func listing(withDigests digests: Bool = false) throws(InitrdError) -> ImageListing {
    try ImageListing(file, digests: digests, limits: limits)
  }

  /// The content of one file, as it is after the kernel has unpacked the whole image: the last entry of several counts,
  /// and links are followed.
  ///
  /// - Parameter file: its path from the image's root, with or without a leading slash.
  /// - Returns: the bytes.
  /// - Throws: `missing` when there is no such file, `bad-input` for a directory or device, `limit` for a file larger
  ///   than ``ReadLimits/memory``, `malformed` when the image is damaged.
  public func contents(of file: String) throws(InitrdError) -> [UInt8] {
    var bytes: [UInt8] = []
    try contents(of: file) { (piece: Span<UInt8>) throws(InitrdError) in
      guard UInt64(bytes.count + piece.count) <= limits.memory else {
        throw InitrdError(
          .limit, "\(file) has more than \(limits.memory) bytes", at: .init(file: self.file.name),
          remedy: "read it in pieces, or allow more memory")
      }
      piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Passes the content of one file to `sink`, in pieces; the image is never held in memory.
  ///
  /// - Parameters:
  ///   - file: its path from the image's root, with or without a leading slash.
  ///   - sink: gets the pieces, in their order; each is valid during the call.
  /// - Throws: as `contents(of:)`, but without a limit for the file's size, and the errors of `sink`.
  public func contents(
    of file: String, to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    var content = FileContent(self.file)
    content.limits = limits
    try content.read(file.utf8, to: sink)
  }

  /// Finds everything that a kernel would refuse, drop, misread or fail to boot in the image.
  ///
  /// - Parameter options: the kernel, if it is known.
  /// - Returns: the findings.
  /// - Throws: `system` or `bad-input` when a file can't be read.
  public func check(_ options: CheckOptions = .init()) throws(InitrdError) -> CheckReport {
    var check = ImageCheck(file)
    check.limits = limits
    check.version = options.version
    check.isPartial = options.isPartial
    check.kernelImage = options.kernelImage?.string
    check.kernelConfig = options.kernelConfig?.string
    return try check.run()
  }

  /// Unpacks the image into a directory, as the kernel would. Nothing outside of the directory is touched.
  ///
  /// - Parameters:
  ///   - directory: a new or empty directory.
  ///   - options: which files, and how much of their attributes.
  /// - Returns: the number of files, and everything that was not extracted.
  /// - Throws: `missing` for a pattern that matches nothing, `conflict` for a directory that is not empty; `system` when
  ///   files can't be written.
  @discardableResult
  public func extract(
    to directory: FilePath, _ options: ExtractOptions = .init()
  ) throws(InitrdError) -> ExtractReport {
    var extraction = Extraction(file, into: directory.string)
    extraction.limits = limits
    extraction.patterns = options.patterns.map { Array($0.utf8) }
    extraction.perSegment = options.perSegment
    extraction.overwrites = options.overwrites
    extraction.makesDevices = options.makesDevices
    extraction.setsIDBits = options.setsIDBits
    extraction.setsOwners = options.setsOwners
    return try extraction.run()
  }

  /// The differences from an older image, after the kernel has unpacked each.
  ///
  /// - Throws: `system`, `bad-input` or `malformed` when one of the images can't be read.
  public func diff(from older: Image) throws(InitrdError) -> ImageDiff {
    try ImageDiff(older.file, file, limits: limits)
  }

  /// Adds a segment with `files` to the image, and writes the result to a file.
  ///
  /// The kernel unpacks one segment after the other, and later entries replace earlier ones. The bytes of the image
  /// before the new segment stay as they are.
  ///
  /// - Parameters:
  ///   - files: the files; directories above them are added where the image has none.
  ///   - output: the file, which is replaced when the result is complete; `nil`: the image's own file, which then keeps
  ///     its owner, permissions and extended attributes.
  ///   - compression: the compression of the segment.
  ///   - level: the compression's level; `nil`: its default.
  /// - Returns: the place and size of the segment.
  /// - Throws: `malformed` for an image that a kernel would not read to its end; `conflict` for one that ends with a boot
  ///   configuration or has a file where a directory is needed; `missing` for a file that does not exist, and for an
  ///   image in memory without an `output`.
  @discardableResult
  public func append(
    _ files: [Manifest.File], to output: FilePath? = nil,
    compression: Compression = .uncompressed, level: Int? = nil
  ) throws(InitrdError) -> AppendReport {
    try append([Manifest(partial: files)], to: output, compression, level, .init())
  }

  /// Adds a segment with the entries of a partial manifest to the image, and writes the result to a file.
  ///
  /// The segment has the manifest's files, trees, directories, symbolic links and nodes, and nothing else: no init and no
  /// busybox. Its compression is not that of the manifest.
  ///
  /// - Parameters:
  ///   - manifest: the manifest; ``Manifest/isPartial`` has to be set.
  ///   - output: the file, which is replaced when the result is complete; `nil`: the image's own file.
  ///   - compression: the compression of the segment.
  ///   - level: the compression's level; `nil`: its default.
  /// - Returns: the place and size of the segment.
  /// - Throws: as the form with files; `manifest` for a manifest of a whole image, and `conflict` for one with modules, an
  ///   early archive or segments of its own.
  @discardableResult
  public func append(
    _ manifest: Manifest, to output: FilePath? = nil,
    compression: Compression = .uncompressed, level: Int? = nil
  ) throws(InitrdError) -> AppendReport {
    try append([manifest], to: output, compression, level, .init())
  }

  func append(
    _ manifests: [Manifest], to output: FilePath?, _ compression: Compression, _ level: Int?,
    _ options: WriteOptions
  ) throws(InitrdError) -> AppendReport {
    guard let output = output?.string ?? file.path else {
      throw InitrdError(
        .missing, "no file for the result", at: .init(file: file.name),
        remedy: "name a file, or use appending(_:)")
    }
    var append = ImageAppend(file, output: output)
    append.compression = compression
    append.level = level
    append.limits = limits
    append.limits.cancellation = options.cancellation
    return try append.append(manifests, options: options)
  }

  /// Returns the bytes of the image with a new segment of `files` at its end.
  ///
  /// - Parameter files: the files; directories above them are added where the image has none.
  /// - Returns: the whole new image.
  /// - Throws: as `append(_:to:compression:level:)`.
  public func appending(_ files: [Manifest.File]) throws(InitrdError) -> [UInt8] {
    var bytes: [UInt8] = []
    var append = ImageAppend(file, output: "")
    append.limits = limits
    _ = try append.append([Manifest(partial: files)]) { (piece: Span<UInt8>) in
      piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

extension Manifest {
  /// A segment of `files`.
  init(partial files: [File]) {
    self.init()
    self.files = files
    isPartial = true
  }
}
