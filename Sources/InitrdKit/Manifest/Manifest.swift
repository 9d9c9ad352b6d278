/// What the user asks for: the manifest, read and validated, before anything is looked up.
///
/// Every part has the default that `docs/manifest.md` gives it, so that a program can build one
/// without JSON: `var manifest = Manifest(); manifest.modules.include = ["virtio_blk"]`.
public struct Manifest: Equatable, Sendable {
  /// What the image is called in reports.
  public var name = "initrd"
  /// The machine that the image is for; `nil`: that of the modules, else of busybox.
  public var arch: Architecture?
  /// The file that the manifest was read from; `nil`: none.
  public var file: String?
  /// The folder in which paths that begin with `./` or `../` are looked up: the manifest's own.
  public var folder = "."
  /// The folder that content comes from.
  public var sysroot = "/"
  /// The kernel that will unpack the image; `nil`: none is known, and modules can't be asked for.
  public var kernel: Kernel? = Kernel()
  /// The kernel modules to carry.
  public var modules = Modules()
  /// The busybox to carry; `nil`: none.
  public var busybox: Busybox? = Busybox()
  /// Files to carry.
  public var files: [File] = []
  /// Directories to make, beside the parents of everything else.
  public var directories: [Directory] = []
  /// Symbolic links to make.
  public var symlinks: [Symlink] = []
  /// Device nodes, fifos and sockets to make.
  public var nodes: [Node] = []
  /// What runs first, and what it does.
  public var linuxrc = Linuxrc()
  /// What the kernel reads before it unpacks anything.
  public var early = Early()
  /// Archives of their own, before the main one.
  public var segments: [Segment] = []
  /// How the image is compressed, but for what has a segment of its own.
  public var compression = CompressionChoice.auto
  /// Where the image goes.
  public var output = Output()
  /// What the image must not grow beyond.
  public var budget = Budget()
  /// What the image's size is compared with; `nil`: nothing.
  public var baseline: Baseline? = .original

  /// A manifest with every default.
  public init() {}

  /// Something named in the manifest, with its place there.
  public struct Item: Equatable, Sendable, ExpressibleByStringLiteral {
    /// The name, glob, path or folder.
    public var name: String
    /// Whether it may be missing: a note in the report instead of an error.
    public var optional = false
    /// Where the manifest names it.
    public var location: InitrdError.Location?

    /// An item; required unless `optional`.
    public init(
      _ name: String, optional: Bool = false, location: InitrdError.Location? = nil
    ) {
      self.name = name
      self.optional = optional
      self.location = location
    }

    /// A required item by its name.
    public init(stringLiteral name: String) { self.init(name) }
  }

  /// `kernel`: which kernel, by its files in the sysroot.
  public struct Kernel: Equatable, Sendable {
    /// The release; `nil`: the only one under `lib/modules`.
    public var release: String?
    /// The configuration's path in the sysroot; `nil`: the usual places.
    public var config: Item?
    /// The kernel image's path in the sysroot; `nil`: none.
    public var image: Item?
    /// Where the manifest says so.
    public var location: InitrdError.Location?

    /// The only kernel of the sysroot.
    public init() {}
  }

  /// `modules`: which kernel modules are carried, and how.
  public struct Modules: Equatable, Sendable {
    /// How a module file is stored.
    public enum Storage: String, CaseIterable, Sendable {
      /// Decompressed: the image's own compression does better, and busybox can read it.
      case decompress
      /// As it is in the sysroot.
      case asis
    }

    /// Names, globs, paths and folders of what to carry, with all that they need.
    public var include: [Item] = []
    /// Names, globs, paths and folders of what not to carry.
    public var exclude: [Item] = []
    /// What the init loads, in this order; `nil`: what ``include`` names one by one.
    public var load: [Item]?
    /// Options by module name.
    public var options: [Option] = []
    /// Modules that the init never loads.
    public var blacklist: [Item] = []
    /// Whether soft dependencies are followed.
    public var softdeps = true
    /// How module files are stored.
    public var storage = Storage.decompress

    /// No modules.
    public init() {}

    /// The options of one module: `max_loop=8`.
    public struct Option: Equatable, Sendable {
      /// The module.
      public var module: Item
      /// The options, separated by blanks.
      public var options: String

      /// Options for a module.
      public init(module: Item, options: String) {
        self.module = module
        self.options = options
      }
    }
  }

  /// `busybox`: where it is, and under which names it can be called.
  public struct Busybox: Equatable, Sendable {
    /// Which applets get a link.
    public enum Applets: Equatable, Sendable {
      /// Those that the template's header lists.
      case needed
      /// All that the binary has.
      case all
      /// No links.
      case none
      /// These, besides those that the template needs.
      case list([Item])
    }

    /// The path in the sysroot.
    public var path = Item("bin/busybox")
    /// The applets to link.
    public var applets = Applets.needed

    /// The sysroot's `bin/busybox` with the applets that the template needs.
    public init() {}
  }

  /// Owner, group and permissions of an entry.
  public struct Ownership: Equatable, Sendable {
    /// The permission bits with set-id and sticky bits, 0 to 0o7777; `nil`: the default of the kind.
    public var mode: UInt16?
    /// The owner.
    public var uid: UInt32 = 0
    /// The group.
    public var gid: UInt32 = 0

    /// Root's, with the permissions of the kind unless `mode` is given.
    public init(mode: UInt16? = nil, uid: UInt32 = 0, gid: UInt32 = 0) {
      self.mode = mode
      self.uid = uid
      self.gid = gid
    }
  }

  /// An item of `files`.
  public struct File: Equatable, Sendable {
    /// Where a file's bytes come from.
    public enum Source: Equatable, Sendable {
      /// A path: in the sysroot, or from the manifest's folder where it begins with `./` or `../`.
      case path(String)
      /// These bytes.
      case content([UInt8])
    }

    /// Where the bytes come from.
    public var source: Source
    /// The path in the image.
    public var dest: ImagePath
    /// Owner and mode; the default mode is 0755 where the source is executable, else 0644.
    public var ownership: Ownership
    /// Whether the source may be missing.
    public var optional = false
    /// Where the manifest names it.
    public var location: InitrdError.Location?

    /// A file at `dest`.
    public init(_ source: Source, dest: ImagePath, ownership: Ownership = Ownership()) {
      self.source = source
      self.dest = dest
      self.ownership = ownership
    }
  }

  /// An item of `directories`; the default mode is 0755.
  public struct Directory: Equatable, Sendable {
    /// The path in the image.
    public var path: ImagePath
    /// Owner and mode.
    public var ownership: Ownership
    /// Where the manifest names it.
    public var location: InitrdError.Location?

    /// A directory at `path`.
    public init(_ path: ImagePath, ownership: Ownership = Ownership()) {
      self.path = path
      self.ownership = ownership
    }
  }

  /// An entry of `symlinks`.
  public struct Symlink: Equatable, Sendable {
    /// The link's path in the image.
    public var path: ImagePath
    /// What it points to, as it is: 1 to 4,095 bytes.
    public var target: [UInt8]
    /// Where the manifest names it.
    public var location: InitrdError.Location?

    /// A link at `path`.
    public init(_ path: ImagePath, target: [UInt8]) {
      self.path = path
      self.target = target
    }
  }

  /// An item of `nodes`; the default mode is 0600.
  public struct Node: Equatable, Sendable {
    /// What kind of node it is.
    public enum Kind: String, CaseIterable, Sendable {
      /// A character device.
      case char
      /// A block device.
      case block
      /// A named pipe.
      case fifo
      /// A socket.
      case socket
    }

    /// The path in the image.
    public var path: ImagePath
    /// What kind of node it is.
    public var kind: Kind
    /// The device's major number, 0 to 4,095; 0 for fifos and sockets.
    public var major: UInt32
    /// The device's minor number, 0 to 1,048,575; 0 for fifos and sockets.
    public var minor: UInt32
    /// Owner and mode.
    public var ownership: Ownership
    /// Where the manifest names it.
    public var location: InitrdError.Location?

    /// A node at `path`.
    public init(
      _ path: ImagePath, kind: Kind, major: UInt32 = 0, minor: UInt32 = 0,
      ownership: Ownership = Ownership()
    ) {
      self.path = path
      self.kind = kind
      self.major = major
      self.minor = minor
      self.ownership = ownership
    }
  }

  /// How the image is compressed.
  public enum CompressionChoice: Equatable, Sendable {
    /// The best that the kernel's configuration allows.
    case auto
    /// This one, at this level or its default one.
    case named(Compression, level: Int?)
  }

  /// `output`: where the image goes.
  public struct Output: Equatable, Sendable {
    /// The image's path; `nil`: the caller must say.
    public var path: String?
    /// The image file's permissions.
    public var mode: UInt16 = 0o600
    /// What the data of larger files is aligned to in archives that are not compressed: a multiple of 4, at most
    /// 4,096.
    public var alignment = 4

    /// No path yet, and readable by its owner only.
    public init() {}
  }

  /// `budget`: limits beyond which the build fails; `nil`: none.
  public struct Budget: Equatable, Sendable {
    /// Bytes of the image.
    public var image: UInt64?
    /// Bytes of the archives before compression.
    public var unpacked: UInt64?
    /// Entries.
    public var entries: Int?

    /// No limits.
    public init() {}
  }

  /// What the image's size is compared with.
  public enum Baseline: Equatable, Sendable {
    /// The kernel's K: 1,024 bytes, counted in whole pages.
    case kernelK(UInt64)
    /// A file size in bytes.
    case bytes(UInt64)
    /// The size of this file.
    case image(String)

    /// The CentOS 7 initrd of the thesis that this project implements: 19784K.
    public static let original = kernelK(19784)
  }
}
