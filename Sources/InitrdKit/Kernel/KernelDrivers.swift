/// The drivers that a kernel has, built in or as modules, as far as they are known.
struct KernelDrivers: Sendable {
  /// The kernel's modules; `nil` when there is no module tree.
  private let index: ModuleIndex?
  /// The kernel's configuration; `nil` when it is not known.
  private let config: KernelConfig?

  /// The drivers of a kernel with this module tree and configuration.
  init(index: ModuleIndex?, config: KernelConfig?) {
    self.index = index
    self.config = config
  }

  /// Whether it is known which modules there are.
  var knowsModules: Bool { index != nil }

  /// Whether it is known what is built in.
  var knowsBuiltIn: Bool { index?.tellsBuiltIn == true || config != nil }

  /// Whether the driver `name` is built in; `nil` when that is not known.
  func isBuiltIn(_ name: String) -> Bool? {
    if let index, index.tellsBuiltIn { return index.builtIn.contains(name) }
    return config.map { $0.hasBuiltIn(module: name) }
  }

  /// What is built in and begins so, as far as it is known by name.
  func builtIn(beginning start: String) -> [String] {
    index?.builtIn.filter { $0.hasPrefix(start) }.sorted() ?? []
  }

  /// Whether there is a module `name`.
  func hasModule(_ name: String) -> Bool { index?.modules[name] != nil }

  /// The modules that make the file system `type`: by the alias that the kernel asks for, else by their names.
  func modules(ofFileSystem type: String) -> [String] {
    let modules = index?.fileSystem(type).modules ?? []
    return modules.isEmpty ? [Self.module(ofFileSystem: type)] : modules
  }

  /// Whether the file system `type` is built in; `nil` when that is not known.
  func hasBuiltIn(fileSystem type: String) -> Bool? {
    if Self.always.contains(type) { return true }
    if index?.fileSystem(type).builtIn.isEmpty == false { return true }
    let names = [Self.module(ofFileSystem: type)] + (Self.others[type] ?? [])
    let known = names.map(isBuiltIn)
    return known.contains(true) ? true : known.contains(nil) ? nil : false
  }

  /// The kernel's file system with a name like this one.
  func fileSystem(near type: String) -> String? {
    let common = Self.common.filter {
      hasBuiltIn(fileSystem: $0) == true || hasModule(Self.module(ofFileSystem: $0))
    }
    return nearest(to: type, in: (index?.fileSystems ?? []) + common)
  }

  /// What no kernel is without.
  private static let always: Set<String> = ["ramfs", "tmpfs"]
  /// File systems of disks, which a name is likely to be a slip for.
  private static let common = [
    "ext4", "xfs", "btrfs", "erofs", "squashfs", "vfat", "iso9660", "f2fs",
  ]
  /// What else mounts a file system.
  private static let others = ["ext2": ["ext4"], "ext3": ["ext4"]]

  /// The module that is likely to make a file system of which no alias tells it.
  static func module(ofFileSystem type: String) -> String {
    switch type {
    case "iso9660": "isofs"
    case "fuseblk": "fuse"
    case "nfs4": "nfs"
    default: ModuleIndex.normalized(type.utf8)
    }
  }
}
