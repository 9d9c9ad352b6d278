/// A description of an image: what goes into it, and how it is written.
///
/// Every part has the default that `docs/manifest.md` gives, so that a program can make a manifest without JSON:
/// `var manifest = Manifest(); manifest.modules.include = ["virtio_blk"]`. ``validate()`` checks the values;
/// `plan()` looks everything up.
public struct Manifest: Equatable, Sendable {
  /// The image's name in reports.
  public var name = "initrd"
  /// The machine of the image; `nil`: that of the modules, else of busybox.
  public var arch: Architecture?
  /// The file from which the manifest was read; `nil`: none.
  public var file: String?
  /// The directory in which paths that begin with `./` or `../` are looked up: the manifest's own.
  public var folder = "."
  /// `sysroot`: the layers from which content is taken; later layers win.
  ///
  /// Each is a directory, an archive (tar, cpio, zip, .deb, .rpm, or an initramfs image), or a container image
  /// (`oci:DIRECTORY[:TAG]`, `oci-archive:FILE[:TAG]`).
  public var layers = ["/"]

  /// The only layer; of several layers, their names joined by ` + `.
  public var sysroot: String {
    get { layers.joined(separator: " + ") }
    set { layers = [newValue] }
  }

  /// The kernel that will unpack the image; `nil`: unknown, so that no modules can be requested.
  public var kernel: Kernel? = Kernel()
  /// The kernel modules to include.
  public var modules = Modules()
  /// The firmware to include.
  public var firmware = Firmware()
  /// The busybox to include; `nil`: none.
  public var busybox: Busybox? = Busybox()
  /// Programs to include, with the files that they need.
  public var binaries: [Binary] = []
  /// Files to include.
  public var files: [File] = []
  /// Directories to include with everything in them. If two have a file at one path, that of the later one wins.
  public var trees: [Tree] = []
  /// Directories to create. The parents of other entries are created anyway.
  public var directories: [Directory] = []
  /// Symbolic links to create.
  public var symlinks: [Symlink] = []
  /// Device nodes, fifos and sockets to create.
  public var nodes: [Node] = []
  /// The init, and its settings.
  public var linuxrc = Linuxrc()
  /// Microcode and ACPI tables, which the kernel reads before it unpacks anything.
  public var early = Early()
  /// Whether the image is a part that is appended to another, so that nothing in it has to start.
  public var isPartial = false
  /// Separate archives, before the main one.
  public var segments: [Segment] = []
  /// The compression of the main archive.
  public var compression = CompressionChoice.auto
  /// The path and the form of the image.
  public var output = Output()
  /// Limits of the image's size.
  public var budget = Budget()
  /// A size with which the report compares the image's; `nil`: none.
  public var baseline: Baseline? = .original

  /// A manifest with every default.
  public init() {}

  /// A name in the manifest, with its location there.
  public struct Item: Equatable, Sendable, ExpressibleByStringLiteral {
    /// The name, glob, path or directory.
    public var name: String
    /// Whether it may be missing: then the report has a note instead of an error.
    public var optional = false
    /// The location in the manifest; `nil` for a manifest made in code.
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

  /// `kernel`: the kernel of the image, by its files in the sysroot.
  public struct Kernel: Equatable, Sendable {
    /// The release; `nil`: the only one under `lib/modules`.
    public var release: String?
    /// The path of the configuration in the sysroot; `nil`: the usual places.
    public var config: Item?
    /// The path of the kernel image in the sysroot; `nil`: none.
    public var image: Item?
    /// The location in the manifest; `nil` for a manifest made in code.
    public var location: InitrdError.Location?

    /// The only kernel of the sysroot.
    public init() {}
  }

  /// `modules`: the kernel modules to include, and how they are stored and loaded.
  public struct Modules: Equatable, Sendable {
    /// The form in which a module file is stored.
    public enum Storage: String, CaseIterable, Sendable {
      /// Decompressed: the image compresses better, and busybox can read the module.
      case decompress
      /// Unchanged, as in the sysroot.
      case asis
    }

    /// Names, globs, paths and directories of modules to include, with everything that they need.
    public var include: [Item] = []
    /// Names, globs, paths and directories of modules to leave out.
    public var exclude: [Item] = []
    /// The modules that the init loads, in this order; `nil`: those that ``include`` names one by one.
    public var load: [Item]?
    /// Options by module name.
    public var options: [Option] = []
    /// Modules that the init never loads.
    public var blacklist: [Item] = []
    /// Whether soft dependencies are followed.
    public var softdeps = true
    /// The form in which module files are stored.
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

  /// `busybox`: its path, and its applets that get a link.
  public struct Busybox: Equatable, Sendable {
    /// The applets that get a link.
    public enum Applets: Equatable, Sendable {
      /// Those in the header of the template.
      case needed
      /// All of the binary.
      case all
      /// No links.
      case none
      /// These, and those that the template needs.
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
    /// The origin of a file's bytes.
    public enum Source: Equatable, Sendable {
      /// A path: in the sysroot, or in the manifest's directory if it begins with `./` or `../`. A directory is included
      /// with everything in it. A name with `*`, `?` or `[` is a pattern, and `**` stands for any number of directories.
      case path(String)
      /// These bytes, as they are unless ``File/fillsVariables`` says otherwise.
      case content([UInt8])
    }

    /// The origin of the bytes.
    public var source: Source
    /// The path in the image.
    public var dest: ImagePath
    /// Whether `dest` is a directory below which the source has its own name: a `dest` that ends with a slash in the
    /// JSON of a manifest. A pattern as source needs it.
    public var isBelowDest = false
    /// Owner and mode; the default mode is 0755 where the source is executable, else 0644.
    public var ownership: Ownership
    /// Whether `${release}` and `${arch}` in the content stand for their values, and `$${` for `${`: as in the JSON
    /// of a manifest, where content is text.
    public var fillsVariables = false
    /// Whether the source may be missing.
    public var optional = false
    /// The location in the manifest; `nil` for a manifest made in code.
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
    /// The location in the manifest; `nil` for a manifest made in code.
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
    /// The target, which is written unchanged: 1 to 4,095 bytes.
    public var target: [UInt8]
    /// The location in the manifest; `nil` for a manifest made in code.
    public var location: InitrdError.Location?

    /// A link at `path`.
    public init(_ path: ImagePath, target: [UInt8]) {
      self.path = path
      self.target = target
    }
  }

  /// An item of `nodes`; the default mode is 0600.
  public struct Node: Equatable, Sendable {
    /// The kind of a node.
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
    /// The kind of the node.
    public var kind: Kind
    /// The device's major number, 0 to 4,095; 0 for fifos and sockets.
    public var major: UInt32
    /// The device's minor number, 0 to 1,048,575; 0 for fifos and sockets.
    public var minor: UInt32
    /// Owner and mode.
    public var ownership: Ownership
    /// The location in the manifest; `nil` for a manifest made in code.
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

  /// The compression of an archive.
  public enum CompressionChoice: Equatable, Sendable {
    /// The best one that the kernel's configuration allows.
    case auto
    /// This one, at this level or its default one.
    case named(Compression, level: Int?)
  }

  /// `output`: the path and the form of the image.
  public struct Output: Equatable, Sendable {
    /// The path of the image; `nil`: the caller must name one.
    public var path: String?
    /// The permissions of the image file, 0 to 0o7777.
    public var mode: UInt16 = 0o600
    /// The alignment of file data in archives that are not compressed, in bytes: a multiple of 4, from 4 to 4,096.
    public var alignment = 4

    /// No path yet, and readable by its owner only.
    public init() {}
  }

  /// `budget`: limits of an image; a build that exceeds one fails. `nil`: no limit.
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

  /// A size with which the image's is compared.
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
