/// Why an entry is in an image. An entry can have several reasons; text is made where one is printed.
public enum Reason: Hashable, Sendable {
  /// The manifest requests it.
  ///
  /// - Parameters:
  ///   - key: the manifest's key, such as `modules.include`.
  ///   - name: the item as it is written there, such as `virtio_*`; `nil` where the entry's path says it all.
  ///   - location: where the manifest says so; `nil` for a manifest that was made in code.
  case requested(key: String, name: String?, location: InitrdError.Location?)
  /// The kernel module `module` needs it, by `modules.dep`.
  case dependency(of: String)
  /// The kernel module `module` has a soft dependency on it, under the name or alias `alias`.
  case softDependency(of: String, alias: String)
  /// It is a directory above `path`; of several entries below a directory only the first is named.
  case parent(of: ImagePath)
  /// The planner makes it for this purpose.
  case generated(Purpose)

  /// What a generated entry is for.
  public enum Purpose: Hashable, Sendable {
    /// `/init`.
    case initProgram
    /// `/linuxrc`, a link to it.
    case linuxrcName
    /// `/dev/console`.
    case console
    /// The init's settings.
    case initSettings
    /// A table for mount, of what is mounted first.
    case mountTable
    /// A table for mount, of what is moved to the root.
    case moveTable
    /// The fifo on which the init waits.
    case waitFifo
    /// A directory on which this is mounted: `proc`, `the root`.
    case mountPoint(String)
    /// busybox, by its path in the sysroot.
    case busybox(source: String)
    /// A link to busybox.
    case applet
    /// `modules.dep`.
    case moduleDependencies
    /// `modules.alias`.
    case moduleAliases
    /// Options and the blacklist for modprobe.
    case moduleOptions
  }
}

extension Reason {
  /// The kind of reason, for programs: `requested`, `dependency`, `softDependency`, `parent`, `generated`.
  public var kind: String {
    switch self {
    case .requested: "requested"
    case .dependency: "dependency"
    case .softDependency: "softDependency"
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
    case .linuxrcName: "old set-ups start the init by this name"
    case .console: "the first process's input and output"
    case .initSettings: "settings of the init"
    case .mountTable: "file systems that the init mounts first"
    case .moveTable: "mounts that the init moves to the root"
    case .waitFifo: "the init waits on it for a short time without a process"
    case .mountPoint(let what): "\(what) is mounted on it"
    case .busybox(let source): "commands of the init, from \(source)"
    case .applet: "a command of busybox"
    case .moduleDependencies: "modprobe finds modules and their dependencies in it"
    case .moduleAliases: "modprobe finds modules by their aliases in it"
    case .moduleOptions: "modules.options and modules.blacklist for modprobe"
    }
  }
}

extension [Reason] {
  /// All reasons in one line, of many the first three.
  public var text: String {
    let shown = prefix(3).map(\.description).joined(separator: "; ")
    return count > 3 ? "\(shown); and \(count - 3) more" : shown
  }
}
