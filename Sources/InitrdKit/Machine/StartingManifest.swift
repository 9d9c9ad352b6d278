/// A first manifest for a machine or for a kernel tree, with a comment at each value that says why it is there.
///
/// ```swift
/// let start = try StartingManifest(for: Machine())
/// print(start.text)
/// ```
public struct StartingManifest: Sendable {
  /// What the caller decides; what is `nil` is found out.
  public struct Choices: Equatable, Sendable {
    /// The kernel's release.
    public var kernelRelease: String?
    /// The root's device: `/dev/NAME`, `UUID=…`, `LABEL=…`, `PARTUUID=…` or `PARTLABEL=…`.
    public var root: String?
    /// The root's file system.
    public var fstype: String?
    /// The file that the text will be in, whose folder its paths are relative to; `nil`: the current folder.
    ///
    /// In a file whose name ends in `.jsonc` comments are written as in JSON with comments: `// …`.
    public var file: String?
    /// What the manifest names as its schema: a path seen from its directory, or a URL; `nil`: nothing.
    public var schema: String?

    /// Whether comments are written as `// …`, and not as members named `"//"`.
    var hasLineComments: Bool { file?.utf8.suffix(6).elementsEqual(".jsonc".utf8) == true }

    /// Everything is found out.
    public init() {}
  }

  /// The manifest: JSON (RFC 8259), or JSON with comments, with a line end, which ``Manifest/init(json:file:)`` reads.
  public private(set) var text = ""
  /// What the manifest guesses, and what an image of it can't do; the same stands in its comments.
  public private(set) var notes: [String] = []

  /// A module for `modules.include`.
  struct Module {
    let name: String
    let comment: String
    let isBuiltIn: Bool
  }

  let kernel: StartingKernel
  var modules: [Module] = []
  /// What would be included, and is no module of this kernel.
  var absent: [String] = []
  /// Options of included modules.
  private(set) var options: [(module: String, text: String)] = []
  /// The file with the processor's microcode.
  private(set) var microcode: String?
  /// `nil`: there is none that the init could mount.
  var root: RootFileSystem?
  var rootComment = ""
  /// The path of a busybox that is linked statically; `nil` when there is none.
  private(set) var busybox: String?

  /// A manifest for the machine itself: its kernel, its root, and the modules that lead there.
  ///
  /// A container, whose root is no block device, gets one for a virtual machine instead.
  ///
  /// - Throws: an ``InitrdError``: `missing` when there is no kernel, `manifest` for a choice that can't be.
  public init(
    for machine: borrowing Machine, _ choices: Choices = .init()
  ) throws(InitrdError) {
    try Self.check(choices)
    let found = choices.root.map { machine.fileSystem(on: $0) } ?? machine.rootFileSystem()
    // A container runs on the kernel of another machine.
    let isContainer = choices.root == nil && (found?.place ?? .nowhere) == .nowhere
    kernel = try StartingKernel(
      choices.kernelRelease, running: isContainer ? nil : machine.release, in: machine.sysroot)
    if let found, !found.blockDevices.isEmpty || found.place == .elsewhere {
      add(found, choices, of: machine)
      microcode = machine.microcode
    } else if let root = choices.root {
      addDefaults(choices, because: "\(root) is no device of this machine now")
    } else if let type = found?.type {
      addDefaults(choices, because: "/ is of the type \(type) here, as in a container")
    } else {
      addDefaults(choices, because: "nothing tells what is mounted at /")
    }
    addOptions(of: machine)
    try write(subject: "this machine", sysroot: machine.sysroot, choices)
  }

  /// A manifest for a virtual machine with a kernel of the folder `sysroot`, which is not this machine's.
  ///
  /// - Throws: an ``InitrdError``: `missing` when there is no kernel, `manifest` for a choice that can't be.
  public init(sysroot: String, _ choices: Choices = .init()) throws(InitrdError) {
    try Self.check(choices)
    let sysroot = try Sysroot(sysroot)
    kernel = try StartingKernel(choices.kernelRelease, running: nil, in: sysroot)
    addDefaults(choices, because: nil)
    try write(subject: "a virtual machine", sysroot: sysroot, choices)
  }

  /// Refuses choices that can't be.
  ///
  /// - Throws: `manifest`.
  package static func check(_ choices: Choices) throws(InitrdError) {
    let violations = [
      choices.root.flatMap(ManifestRules.device), choices.fstype.flatMap(ManifestRules.fileSystem),
    ]
    guard let violation = violations.compactMap(\.self).first else { return }
    throw InitrdError(.manifest, violation.message, remedy: violation.remedy)
  }

  /// Writes the text to the file at `path`, which appears under its name when it is whole.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - replacing: whether one that exists is replaced.
  /// - Throws: `conflict` when one exists, else what the file system says.
  public func write(to path: String, replacing: Bool = false) throws(InitrdError) {
    if !replacing, try OpenFile.status(of: path) != nil {
      throw InitrdError(
        .conflict, "the file exists already", at: .init(file: path),
        remedy: "name another with -o, or replace it with --force")
    }
    var file = try AtomicFile(replacing: path, mode: 0o644)
    let bytes = Array(text.utf8)
    try file.write(bytes.span)
    try file.commit()
  }

  // MARK: What it is made of

  /// Adds what the kernel has of something that is known by `words`; whether it has any.
  @discardableResult
  mutating func add(_ words: [String], because reason: String) -> Bool {
    guard let found = kernel.find(words) else {
      if let name = words.first, !absent.contains(name) { absent.append(name) }
      return false
    }
    let comment = reason + (found.isBuiltIn ? "; built into this kernel" : "")
    for name in found.names where !modules.contains(where: { $0.name == name }) {
      modules.append(Module(name: name, comment: comment, isBuiltIn: found.isBuiltIn))
    }
    return true
  }

  mutating func note(_ text: String) { notes.append(text) }

  private mutating func addOptions(of machine: borrowing Machine) {
    let named = modules.filter { !$0.isBuiltIn }.map(\.name)
    let carried = Set(named + named.flatMap { kernel.index?.modules[$0]?.needs ?? [] })
    options = machine.moduleOptions.filter { carried.contains($0.key) }
      .map { ($0.key, $0.value) }.sorted { $0.module < $1.module }
  }

  private mutating func write(
    subject: String, sysroot: borrowing Sysroot, _ choices: Choices
  ) throws(InitrdError) {
    notes += kernel.tree.diagnostics.all.map(\.message)
    if !kernel.others.isEmpty {
      note("there are other kernels here: \(kernel.others.joined(separator: ", "))")
    }
    busybox = Self.busybox(in: sysroot, for: kernel.architecture)
    if busybox == nil {
      note(
        "there is no busybox here that is linked statically, and nothing can be built without: install it ("
          + "\(Self.packages))")
    }
    let path = try Self.path(sysroot.path, from: choices.file)
    text = manifestText(choices, subject: subject, sysroot: sysroot, path: path)
    // A name that was found may be one that no manifest can say, such as ${x}.
    _ = try Manifest(json: Array(text.utf8), file: choices.file ?? "the starting manifest")
  }

  /// The sysroot's path as the manifest in `file` has to name it: from its own folder.
  private static func path(_ path: String, from file: String?) throws(InitrdError) -> String {
    let slash = UInt8(ascii: "/")
    guard let file, path.utf8.first != slash else { return path }
    if file.utf8.first != slash {
      let folders = file.utf8.split(separator: slash).dropLast().filter {
        !$0.elementsEqual(".".utf8)
      }
      if folders.isEmpty { return path }
      // From a folder that is a link, or is called .., the way up leads elsewhere.
      let up = String(repeating: "../", count: folders.count) + path
      let folder = String(decoding: Array(folders.joined(separator: [slash])), as: UTF8.self)
      let wanted = try OpenFile.status(of: path)
      if let found = try OpenFile.status(of: "\(folder)/\(up)"), found.inode == wanted?.inode,
        found.device == wanted?.device
      {
        return up
      }
    }
    return "\(try currentFolder())/\(path)"
  }
}
