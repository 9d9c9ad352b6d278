/// An image before it is written: every entry in the order of the archive, with its reasons, and the compression of each
/// archive. Nothing is decided after it.
public struct Plan: Sendable {
  /// The image's name in reports.
  public var name: String
  /// The machine of the image; `nil`: unknown.
  public var architecture: Architecture?
  /// The kernel's release; `nil`: unknown.
  public var kernelRelease: String?
  /// The layers from which files are read, joined by ` + `.
  public var sysroot: String { source.path }
  /// The open layers.
  let source: Sysroot
  /// The archives of the image, in their order. The last is the main one: it has all entries that are in no other.
  public var archives: [PlannedArchive] = []
  /// The modules among them.
  public var modules: [PlannedModule] = []
  /// The names of the modules that the init loads, in order.
  public var loadOrder: [String] = []
  /// The names of requested modules that are built into the kernel.
  public var builtIn: [String] = []
  /// Every file that was read to make the plan, or is read when the image is written, sorted.
  public var inputs: [String] = []
  /// The path and the form of the image.
  public var output = Manifest.Output()
  /// Limits of the image's size.
  public var budget = Manifest.Budget()
  /// A size with which the report compares the image's; `nil`: none.
  public var baseline: Manifest.Baseline? = .original
  /// Notes and warnings: optional items that were not found, and decisions that were made without full knowledge.
  public var notes: [Diagnostic] = []

  /// The entries of all archives: in each sorted by the bytes of their paths, parents before children.
  public var entries: [PlannedEntry] { archives.flatMap(\.entries) }

  /// The main archive.
  public var main: PlannedArchive { archives.last ?? PlannedArchive(name: "main") }

  /// Bytes of all archives before compression, as far as names are not padded for alignment.
  public var archiveSize: UInt64 { archives.reduce(0) { $0 + $1.size(offset: 0) } }
}

extension Plan {
  /// The smallest possible size of the image: that of the archives that are not compressed.
  var leastSize: UInt64 {
    archives.reduce(0) { $1.compression == .uncompressed ? $0 + $1.size(offset: $0) : $0 }
  }
}

/// One archive of an image: its entries, and their compression.
public struct PlannedArchive: Sendable {
  /// The archive's name in reports.
  public var name: String
  /// Its entries, sorted by the bytes of their paths: parents before children.
  public var entries: [PlannedEntry] = []
  /// The compression of the archive.
  public var compression: Compression = .uncompressed
  /// The compression's level; 0 where there is none.
  public var level = 0
  /// Whether x86 branches are made easier to compress (xz's BCJ filter).
  public var x86Filter = false
  /// The multiple of bytes to which the archive's end is padded with NULs.
  public var padding = 4

  /// An empty archive, not compressed.
  public init(name: String) { self.name = name }

  /// Lets the data of larger files start at multiples of `alignment`, unless the archive is compressed.
  mutating func align(to alignment: Int) {
    guard compression == .uncompressed else { return }
    for index in entries.indices { entries[index].alignment = alignment }
  }

  /// Bytes of the archive before compression, when it starts at `offset` of the image.
  package func size(offset: UInt64) -> UInt64 {
    let end = entries.reduce(offset) { position, entry in
      position
        + NewcWriter.size(
          name: entry.archivedName.count, data: UInt64(entry.storedSize), offset: position,
          alignment: entry.alignment)
    }
    return end - offset + NewcWriter.size(name: NewcHeader.trailerName.count, data: 0)
  }
}

/// One entry of the image.
public struct PlannedEntry: Sendable {
  /// The kind of an entry, and its bytes.
  public enum Content: Sendable {
    /// A directory.
    case directory
    /// A symbolic link to this target.
    case symlink([UInt8])
    /// A device, fifo or socket.
    case node(Manifest.Node.Kind, major: UInt32, minor: UInt32)
    /// A regular file of these bytes.
    case bytes([UInt8])
    /// A regular file, which is read while the image is written.
    case file(PlannedFile)
    /// A regular file of so many bytes, which are decompressed from that file while the image is written.
    case decompressed(PlannedFile, size: UInt32)
  }

  /// The path in the image.
  public var path: ImagePath
  /// The kind of the entry, and its bytes.
  public var content: Content
  /// The permission bits, 0 to 0o7777.
  public var mode: UInt16
  /// The owner.
  public var uid: UInt32
  /// The group.
  public var gid: UInt32
  /// The reasons for the entry; at least one.
  public var reasons: [Reason]
  /// The number that ties hard links together, from 1.
  public var inode: UInt32 = 0
  /// The number of names of the file in the image.
  public var links: UInt32 = 1
  /// Whether the archive has the data with this name: with the last name of a hard-linked file.
  public var carriesData = true
  /// A multiple of 4, at most 4,096, at which its data starts in the image if it has more bytes than that; 4 in a
  /// compressed archive, of which nothing stands in the image as it is.
  public var alignment = 4

  /// Bytes of the file, or of the link's target.
  public var size: UInt32 {
    switch content {
    case .directory, .node: 0
    case .symlink(let target): UInt32(clamping: target.count)
    case .bytes(let bytes): UInt32(clamping: bytes.count)
    case .file(let file): file.size
    case .decompressed(_, let size): size
    }
  }

  /// The name in the archive: the root, whose path is empty, is called `.` there, by which the kernel sets its mode.
  var archivedName: [UInt8] { path == .root ? [UInt8(ascii: ".")] : path.bytes }

  /// Bytes that follow the entry's header in the archive.
  public var storedSize: UInt32 { carriesData ? size : 0 }
}

/// A file that is read while the image is written, as it was when the plan was made.
public struct PlannedFile: Hashable, Sendable {
  /// The place of a file.
  package enum Place: Hashable, Sendable {
    /// In the sysroot, by this path.
    case sysroot(String)
    /// In the file system, by this path.
    case host(String)
    /// In a layer of the sysroot, by its number and the path in it.
    case layer(Int, [UInt8])
  }

  /// The place of the file.
  package var place: Place
  /// Its size in bytes.
  public var size: UInt32
  /// Identifies it, together with ``inode``.
  package var device: UInt64
  /// Identifies it, together with ``device``.
  package var inode: UInt64
  /// When its data or attributes changed last (st_ctim): nanoseconds since 1970.
  package var changed: Int64
}

/// A kernel module of the image.
public struct PlannedModule: Equatable, Sendable {
  /// The name, with `_` for `-`.
  public var name: String
  /// The path in the image.
  public var path: ImagePath
  /// Bytes as stored.
  public var size: UInt32
  /// The reasons for the entry; at least one.
  public var reasons: [Reason]
}
