import Crypto

/// One entry of an image, with data from other places in the image: sizes of hard links, targets.
public struct ListedEntry: Equatable, Sendable {
  /// The name as it is in the archive, without NULs.
  public var path: [UInt8]
  /// The number of its segment, from 0.
  public var segment: Int
  /// The entry's header.
  package var header: NewcHeader
  /// The size of a file, whichever of its hard links has the data, or of a link's target, in bytes; 0 for everything
  /// else.
  public var size: UInt64
  /// The target of a symbolic link; empty for everything else.
  public var target: [UInt8] = []
  /// The SHA-256 of a regular file's data, if it was requested.
  public var digest: SHA256Sum?

  /// The permission bits, 0 to 0o7777.
  public var mode: UInt16 { UInt16(truncatingIfNeeded: header.mode & 0o7777) }
  /// The type; `nil` for a type that the kernel does not know.
  public var type: FileType? { header.type }
  /// The owner.
  public var uid: UInt32 { header.uid }
  /// The group.
  public var gid: UInt32 { header.gid }
  /// The time of modification, in seconds since 1970.
  public var modified: UInt32 { header.mtime }
  /// The number of hard links, as the archive says it.
  public var links: UInt32 { header.links }
  /// The number of the device driver; 0 for everything but devices.
  public var major: UInt32 { header.rdevMajor }
  /// The number of the device among those of its driver; 0 for everything but devices.
  public var minor: UInt32 { header.rdevMinor }
}

/// All entries of an image, in the order in which the kernel sees them.
public struct ImageListing: Sendable {
  /// The entries, up to a damage of the image.
  public private(set) var entries: [ListedEntry] = []
  /// The segments.
  public private(set) var segments: [ImageSegment] = []
  /// The important parameters of each segment's codec, such as `window 8 MiB, checksum`; empty if there are none.
  public private(set) var parameters: [String] = []
  /// The first bytes of the last file `/init`, at most 256.
  public private(set) var initStart: [UInt8] = []
  /// The size of the image in bytes.
  public let size: UInt64
  /// The size of the boot configuration at the image's end, in bytes; `nil` if the kernel finds none.
  public let bootConfigurationSize: UInt64?
  /// Why the image could not be read to its end; `nil`: it was.
  public private(set) var failure: InitrdError?

  /// Reads an image.
  ///
  /// - Parameters:
  ///   - image: the image.
  ///   - digests: whether to compute the SHA-256 of each file.
  ///   - limits: the limits for reading and memory.
  /// - Throws: `system` or `bad-input` when it can't be read; a damage is in ``failure``.
  package init(
    _ image: ImageFile, digests: Bool = false, limits: ReadLimits = .init()
  ) throws(InitrdError) {
    var reader = try ImageReader(image, limits)
    size = reader.size
    bootConfigurationSize = reader.bootConfiguration.flatMap { $0.fault == nil ? $0.size : nil }
    var collector = Collector(digests: digests, memory: HeldMemory(limits))
    var parameters: [String] = []
    failure = try reader.readAsFarAsPossible(
      beginning: { (segment: ImageSegment, head: [UInt8]) throws(InitrdError) in
        parameters.append(MemberParameters.text(segment.compression, head))
        return .goOn
      },
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        try collector.begin(entry, segment)
      }, data: { (piece: Span<UInt8>) throws(InitrdError) in collector.data(piece) })
    segments = reader.segments
    self.parameters = parameters
    initStart = collector.initStart
    entries = collector.finished()
  }

  /// Reads the image at `path`.
  package init(
    _ path: String, digests: Bool = false, limits: ReadLimits = .init()
  ) throws(InitrdError) {
    try self.init(ImageFile(path), digests: digests, limits: limits)
  }

  /// Collects entries, and joins hard links: GNU cpio stores the data with the last name of a file, u-root with the
  /// first.
  private struct Collector {
    private struct Group: Hashable {
      var trailers: Int
      var link: UnpackedTree.LinkKey
    }

    private let digests: Bool
    private var entries: [ListedEntry] = []
    private var groups: [Int: Group] = [:]
    private var data: [Group: (size: UInt64, digest: SHA256Sum?)] = [:]
    private var hash: SHA256?
    private var memory: HeldMemory
    private(set) var initStart: [UInt8] = []
    private var isInit = false

    init(digests: Bool, memory: HeldMemory) {
      self.digests = digests
      self.memory = memory
    }

    mutating func begin(
      _ entry: NewcReader.Entry, _ segment: Int
    ) throws(InitrdError) -> ImageReader.EntryStep {
      endHash()
      let header = entry.header
      let target = header.type == .symlink ? Int(min(header.fileSize, 4096)) : 0
      // The estimate for the entry, its name, and the group of its hard links.
      try memory.hold(160 + (header.links > 1 ? 160 : 0) + entry.name.count + target)
      entries.append(
        ListedEntry(
          path: entry.name, segment: segment, header: header, size: UInt64(header.fileSize)))
      if header.links > 1, header.type != .symlink, header.type != .directory {
        let key = UnpackedTree.LinkKey(
          major: header.deviceMajor, minor: header.deviceMinor, inode: header.inode,
          type: header.mode & 0o170000)
        groups[entries.count - 1] = Group(trailers: entry.trailers, link: key)
      }
      isInit = false
      if header.type == .symlink { return header.fileSize <= 4096 ? .readData : .skipData }
      guard header.type == .regular else { return .skipData }
      isInit = Self.isInit(entry.name)
      if isInit { initStart = [] }
      if digests { hash = SHA256() }
      return digests || isInit ? .readData : .skipData
    }

    mutating func data(_ piece: Span<UInt8>) {
      if entries[entries.count - 1].header.type == .regular {
        piece.withUnsafeBytes { hash?.update(bufferPointer: $0) }
        let room = isInit ? 256 - initStart.count : 0
        piece.withUnsafeBufferPointer { initStart += $0.prefix(room) }
      } else {
        let target = piece.withUnsafeBufferPointer { Array($0.prefix { $0 != 0 }) }
        entries[entries.count - 1].target += target
      }
    }

    private static func isInit(_ name: [UInt8]) -> Bool {
      ["init", "./init", "/init"].contains { name.elementsEqual($0.utf8) }
    }

    private mutating func endHash() {
      guard !entries.isEmpty else { return }
      let last = entries.count - 1
      if let hash { entries[last].digest = SHA256Sum(hash) }
      hash = nil
      if let group = groups[last], entries[last].size > 0 {
        data[group] = (entries[last].size, entries[last].digest)
      }
    }

    mutating func finished() -> [ListedEntry] {
      endHash()
      for (index, group) in groups where entries[index].size == 0 {
        guard let (size, digest) = data[group] else { continue }
        entries[index].size = size
        entries[index].digest = digest
      }
      return entries
    }
  }
}
