/// An image before it is written: every entry in the order of the archives, with its reasons, and the compression of each
/// archive. All decisions are made before.
public struct Plan: Sendable {
  /// The image's name in reports.
  public var name: String
  /// The machine architecture of the image; `nil`: unknown.
  public var architecture: Architecture?
  /// The kernel's release; `nil`: unknown.
  public var kernelRelease: String?
  /// The layers from which files are read, joined by ` + `.
  public var sysroot: String { source.path }
  /// The open layers.
  let source: Sysroot
  /// The archives of the image, in their order. The last one is the main archive: it has the entries that are in no other
  /// archive.
  public var archives: [PlannedArchive] = []
  /// The kernel modules among the entries.
  public var modules: [PlannedModule] = []
  /// The firmware that was looked up for the image, sorted by name, with the files that do not exist.
  public var firmware: [PlannedFirmwareFile] = []
  /// The names of the modules that the init loads, in order.
  public var loadOrder: [String] = []
  /// The names of requested modules that are built into the kernel.
  public var builtIn: [String] = []
  /// Every file that was read to make the plan, or is read when the image is written, sorted.
  public var inputs: [String] = []
  /// The path and the form of the image.
  public var output = Manifest.Output()
  /// The limits of the image's size.
  public var budget = Manifest.Budget()
  /// The size with which the report compares the size of the image; `nil`: none.
  public var baseline: Manifest.Baseline? = .original
  /// Notes and warnings: optional items that were not found, and decisions that were made without full knowledge.
  public var notes: [Diagnostic] = []

  /// The entries of all archives. In each archive they are sorted by the bytes of their paths, parents before children.
  public var entries: [PlannedEntry] { archives.flatMap(\.entries) }

  /// The main archive.
  public var main: PlannedArchive { archives.last ?? PlannedArchive(name: "main") }

  /// The size of all archives before compression in bytes, without padding of names for alignment.
  public var archiveSize: UInt64 { archives.reduce(0) { $0 + $1.size(offset: 0) } }
}

extension Plan {
  /// The smallest possible size of the image in bytes: the size of its uncompressed archives.
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
  /// The level of the compression; 0: none.
  public var level = 0
  /// Whether x86 branches are made easier to compress (xz's BCJ filter).
  public var x86Filter = false
  /// The end of the archive is padded with NULs to a multiple of this number of bytes.
  public var padding = 4

  /// An empty archive without compression.
  public init(name: String) { self.name = name }

  /// Aligns the data of files larger than `alignment` to multiples of it, unless the archive is compressed.
  mutating func align(to alignment: Int) {
    guard compression == .uncompressed else { return }
    for index in entries.indices { entries[index].alignment = alignment }
  }

  /// The size of the archive before compression in bytes, if it starts at `offset` of the image.
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
  /// The kind of an entry, and its data.
  public enum Content: Sendable {
    /// A directory.
    case directory
    /// A symbolic link to this target.
    case symlink([UInt8])
    /// A device, fifo or socket.
    case node(Manifest.Node.Kind, major: UInt32, minor: UInt32)
    /// A regular file with these bytes.
    case bytes([UInt8])
    /// A regular file that is read while the image is written.
    case file(PlannedFile)
    /// A regular file of `size` bytes, which is decompressed from another file while the image is written.
    case decompressed(PlannedFile, size: UInt32)
  }

  /// The path in the image.
  public var path: ImagePath
  /// The kind of the entry, and its data.
  public var content: Content
  /// The permission bits, 0 to 0o7777.
  public var mode: UInt16
  /// The owner.
  public var uid: UInt32
  /// The group.
  public var gid: UInt32
  /// The reasons for the entry; at least one.
  public var reasons: [Reason]
  /// The inode number, from 1. Hard links of one file have the same number.
  public var inode: UInt32 = 0
  /// The number of names of the file in the image.
  public var links: UInt32 = 1
  /// Whether the archive has the data with this name. For a hard-linked file, only the last name has it.
  public var carriesData = true
  /// The alignment of the data in the image, if the data has more bytes than this: a multiple of 4, at most 4,096. In a
  /// compressed archive it is 4.
  public var alignment = 4

  /// The size in bytes of the file, or of the link's target.
  public var size: UInt32 {
    switch content {
    case .directory, .node: 0
    case .symlink(let target): UInt32(clamping: target.count)
    case .bytes(let bytes): UInt32(clamping: bytes.count)
    case .file(let file): file.size
    case .decompressed(_, let size): size
    }
  }

  /// The name in the archive. The root, whose path is empty, has the name `.`, with which the kernel sets its mode.
  var archivedName: [UInt8] { path == .root ? [UInt8(ascii: ".")] : path.bytes }

  /// The size of the entry's data in the archive, in bytes.
  public var storedSize: UInt32 { carriesData ? size : 0 }
}

/// A file that is read while the image is written, with its properties at the time of planning.
public struct PlannedFile: Hashable, Sendable {
  /// The place of a file.
  package enum Place: Hashable, Sendable {
    /// This path in the sysroot.
    case sysroot(String)
    /// This path in the file system of the host.
    case host(String)
    /// This path in the layer of the sysroot with this number.
    case layer(Int, [UInt8])
    /// The bytes of this path below the directory at that place.
    indirect case below(Place, [UInt8])
  }

  /// The place of the file.
  package var place: Place
  /// The size in bytes.
  public var size: UInt32
  /// The device. Together with ``inode`` it identifies the file.
  package var device: UInt64
  /// The inode number. Together with ``device`` it identifies the file.
  package var inode: UInt64
  /// The time of the last change of data or attributes (st_ctim), in nanoseconds since 1970.
  package var changed: Int64
}

/// A kernel module of the image.
public struct PlannedModule: Equatable, Sendable {
  /// The name, with `_` instead of `-`.
  public var name: String
  /// The path in the image.
  public var path: ImagePath
  /// The size in bytes in the image.
  public var size: UInt32
  /// The reasons for the entry; at least one.
  public var reasons: [Reason]
}
