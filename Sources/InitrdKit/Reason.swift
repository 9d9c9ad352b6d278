/// The reason for which an entry is in an image. An entry can have several reasons.
public enum Reason: Hashable, Sendable {
  /// The manifest requests it.
  ///
  /// - Parameters:
  ///   - key: the manifest's key, such as `modules.include`.
  ///   - name: the item in the manifest, such as `virtio_*`; `nil` if the entry's path already tells it.
  ///   - location: the location in the manifest; `nil` for a manifest made in code.
  case requested(key: String, name: String?, location: InitrdError.Location?)
  /// The kernel module with this name needs it, by `modules.dep`.
  case dependency(of: String)
  /// The kernel module with this name has a soft dependency on it, by the name or alias `alias`.
  case softDependency(of: String, alias: String)
  /// The kernel module with this name names it as a firmware file that its driver requests. A file to which a link of that
  /// name leads has the same reason.
  case firmware(of: String)
  /// The program, library or script at this path needs it.
  case needed(by: ImagePath, Need)
  /// It is a symbolic link on the way to the file at this path. Only the first of several files is named.
  case link(to: ImagePath)
  /// It is a directory that contains the entry at this path. Only the first of several entries is named.
  case parent(of: ImagePath)
  /// The planner generates it for this purpose.
  case generated(Purpose)

  /// The purpose of a generated entry.
  public enum Purpose: Hashable, Sendable {
    /// `/init`.
    case initProgram
    /// `/linuxrc`, a symbolic link to `/init`.
    case linuxrcName
    /// `/dev/console`.
    case console
    /// The init's settings.
    case initSettings
    /// The table of the file systems that the init mounts first.
    case mountTable
    /// The table of the mounts that the init moves to the root.
    case moveTable
    /// The fifo on which the init waits.
    case waitFifo
    /// The mount point of this file system: `proc`, `the root`.
    case mountPoint(String)
    /// busybox, with its path in the sysroot.
    case busybox(source: String)
    /// A symbolic link to busybox.
    case applet
    /// `modules.dep`.
    case moduleDependencies
    /// `modules.alias`.
    case moduleAliases
    /// The options of modules and the blacklist, for modprobe.
    case moduleOptions
    /// `/etc/ld.so.cache`.
    case libraryCache
    /// The file in which musl's dynamic linker finds its directories.
    case libraryPath
    /// `/etc/nsswitch.conf`.
    case nameServices
  }
}

extension Reason {
  /// The kind of reason, for programs: `requested`, `dependency`, `softDependency`, `firmware`, `link`, `parent`,
  /// `generated`, and the kinds of ``Need``.
  public var kind: String {
    switch self {
    case .requested: "requested"
    case .dependency: "dependency"
    case .softDependency: "softDependency"
    case .firmware: "firmware"
    case .needed(_, let need): need.kind
    case .link: "link"
    case .parent: "parent"
    case .generated: "generated"
    }
  }
}

extension Reason: CustomStringConvertible {
  /// The reason as a short phrase: `requested by modules.include`, `needed by virtio_pci`.
  public var description: String {
    switch self {
    case .requested(let key, let name?, _): "requested by \(key): \(printable(name.utf8))"
    case .requested(let key, nil, _): "requested by \(key)"
    case .dependency(let module): "needed by \(printable(module.utf8))"
    case .softDependency(let module, let alias):
      "soft dependency of \(printable(module.utf8)) on \(printable(alias.utf8))"
    case .firmware(let module): "firmware of \(printable(module.utf8))"
    case .needed(let path, let need): need.description(of: path)
    case .link(let path): "leads to \(path)"
    case .parent(let path): "contains \(path)"
    case .generated(let purpose): purpose.description
    }
  }
}

extension Reason.Purpose: CustomStringConvertible {
  /// The purpose as a short phrase.
  public var description: String {
    switch self {
    case .initProgram: "the kernel starts it as the first process"
    case .linuxrcName: "old boot configurations start the init by this name"
    case .console: "input and output of the first process"
    case .initSettings: "settings of the init"
    case .mountTable: "file systems that the init mounts first"
    case .moveTable: "mounts that the init moves to the root"
    case .waitFifo: "the init reads it to wait without starting a process"
    case .mountPoint(let what): "\(what) is mounted on it"
    case .busybox(let source): "commands of the init, from \(source)"
    case .applet: "a command of busybox"
    case .moduleDependencies: "modprobe finds modules and their dependencies in it"
    case .moduleAliases: "modprobe finds modules by their aliases in it"
    case .libraryCache: "the dynamic linker finds libraries outside of its own directories in it"
    case .libraryPath: "the dynamic linker reads its directories from it"
    case .nameServices: "glibc finds the modules that look names up in it"
    case .moduleOptions: "modules.options and modules.blacklist for modprobe"
    }
  }
}

extension [Reason] {
  /// The reasons in one line; at most the first three, and the number of the others.
  public var text: String {
    let shown = prefix(3).map(\.description).joined(separator: "; ")
    return count > 3 ? "\(shown); and \(count - 3) more" : shown
  }
}
