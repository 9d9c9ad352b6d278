/// The known drivers of a kernel, built in or as modules.
struct KernelDrivers: Sendable {
  /// The kernel's modules; `nil` if there is no module tree.
  private let index: ModuleIndex?
  /// The kernel's configuration; `nil` if it is unknown.
  private let config: KernelConfig?

  /// The drivers of a kernel with this module tree and configuration.
  init(index: ModuleIndex?, config: KernelConfig?) {
    self.index = index
    self.config = config
  }

  /// Whether the modules of the kernel are known.
  var knowsModules: Bool { index != nil }

  /// Whether the built-in drivers are known.
  var knowsBuiltIn: Bool { index?.tellsBuiltIn == true || config != nil }

  /// Whether the driver `name` is built in; `nil` if that is unknown.
  func isBuiltIn(_ name: String) -> Bool? {
    if let index, index.tellsBuiltIn { return index.builtIn.contains(name) }
    return config.map { $0.hasBuiltIn(module: name) }
  }

  /// The known built-in drivers whose names begin with `start`, sorted.
  func builtIn(beginning start: String) -> [String] {
    index?.builtIn.filter { $0.hasPrefix(start) }.sorted() ?? []
  }

  /// Whether the kernel has a module `name`.
  func hasModule(_ name: String) -> Bool { index?.modules[name] != nil }

  /// The modules for the file system `type`: those with the alias that the kernel requests, else the one with the
  /// likely name.
  func modules(ofFileSystem type: String) -> [String] {
    let modules = index?.fileSystem(type).modules ?? []
    return modules.isEmpty ? [Self.module(ofFileSystem: type)] : modules
  }

  /// Whether the file system `type` is built in; `nil` if that is unknown.
  func hasBuiltIn(fileSystem type: String) -> Bool? {
    if Self.always.contains(type) { return true }
    if index?.fileSystem(type).builtIn.isEmpty == false { return true }
    let names = [Self.module(ofFileSystem: type)] + (Self.others[type] ?? [])
    let known = names.map(isBuiltIn)
    return known.contains(true) ? true : known.contains(nil) ? nil : false
  }

  /// The kernel's file system with the name that is most similar to `type`; `nil` if none is similar.
  func fileSystem(near type: String) -> String? {
    let common = Self.common.filter {
      hasBuiltIn(fileSystem: $0) == true || hasModule(Self.module(ofFileSystem: $0))
    }
    return nearest(to: type, in: (index?.fileSystems ?? []) + common)
  }

  /// The file systems that every kernel has.
  private static let always: Set<String> = ["ramfs", "tmpfs"]
  /// Common file systems of disks, as suggestions for misspelled names.
  private static let common = [
    "ext4", "xfs", "btrfs", "erofs", "squashfs", "vfat", "iso9660", "f2fs",
  ]
  /// Drivers that can also mount a file system.
  private static let others = ["ext2": ["ext4"], "ext3": ["ext4"]]

  /// The likely name of the module for a file system without an alias.
  static func module(ofFileSystem type: String) -> String {
    switch type {
    case "iso9660": "isofs"
    case "fuseblk": "fuse"
    case "nfs4": "nfs"
    default: ModuleIndex.normalized(type.utf8)
    }
  }
}
