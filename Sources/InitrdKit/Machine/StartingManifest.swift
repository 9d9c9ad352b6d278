/// A first manifest for a machine or for a kernel tree. A comment before each value explains it.
///
/// ```swift
/// let start = try StartingManifest(for: Machine())
/// print(start.text)
/// ```
package struct StartingManifest: Sendable {
  /// The choices of the caller. A value of `nil` is detected.
  package struct Choices: Equatable, Sendable {
    /// The kernel's release.
    package var kernelRelease: String?
    /// The root's device: `/dev/NAME`, `UUID=…`, `LABEL=…`, `PARTUUID=…` or `PARTLABEL=…`.
    package var root: String?
    /// The root's file system.
    package var fstype: String?
    /// The file for the text. Paths in the manifest are relative to its directory; `nil`: the current directory.
    ///
    /// If its name ends in `.jsonc`, comments are written as in JSON with comments: `// …`.
    package var file: String?
    /// The value of `$schema`: a path relative to the manifest's directory, or a URL; `nil`: no `$schema`.
    package var schema: String?

    /// Whether comments are written as `// …`, and not as members named `"//"`.
    var hasLineComments: Bool { file?.utf8.suffix(6).elementsEqual(".jsonc".utf8) == true }

    /// No choices: every value is detected.
    package init() {}
  }

  /// The manifest: JSON (RFC 8259) or JSON with comments, with a newline at the end. ``Manifest/init(json:file:)``
  /// reads it.
  package private(set) var text = ""
  /// Assumptions of the manifest, and limits of an image made from it. The comments of the manifest repeat them.
  package private(set) var notes: [Diagnostic] = []

  /// A module for `modules.include`.
  struct Module {
    let name: String
    let comment: String
    let isBuiltIn: Bool
  }

  let kernel: StartingKernel
  var modules: [Module] = []
  /// The names of needed modules that this kernel does not have.
  var absent: [String] = []
  /// Options of included modules.
  private(set) var options: [(module: String, text: String)] = []
  /// The path of the processor's microcode; `nil`: none.
  private(set) var microcode: String?
  /// The root file system; `nil`: none that the init can mount.
  var root: RootFileSystem?
  var rootComment = ""
  /// The path of a statically linked busybox; `nil` if there is none.
  private(set) var busybox: String?

  /// A manifest for the machine: its kernel, its root, and the modules that the root needs.
  ///
  /// In a container, where the root is not a block device, the manifest is for a virtual machine instead.
  ///
  /// - Throws: an ``InitrdError``: `missing` if there is no kernel, `manifest` for an invalid choice.
  package init(
    for machine: borrowing Machine, _ choices: Choices = .init()
  ) throws(InitrdError) {
    try Self.check(choices)
    let found = choices.root.map { machine.fileSystem(on: $0) } ?? machine.rootFileSystem()
    // A container uses the kernel of its host.
    let isContainer = choices.root == nil && (found?.place ?? .nowhere) == .nowhere
    kernel = try StartingKernel(
      choices.kernelRelease, running: isContainer ? nil : machine.release, in: machine.sysroot)
    if let found, !found.blockDevices.isEmpty || found.place == .elsewhere {
      add(found, choices, of: machine)
      microcode = machine.microcode
    } else if let root = choices.root {
      addDefaults(choices, because: "this machine has no device \(root)")
    } else if let type = found?.type {
      addDefaults(choices, because: "/ has the file system \(type) here, as in a container")
    } else {
      addDefaults(choices, because: "the file system at / is unknown")
    }
    addOptions(of: machine)
    try write(subject: "this machine", sysroot: machine.sysroot, choices)
  }

  /// A manifest for a virtual machine with a kernel of the directory `sysroot`.
  ///
  /// - Throws: an ``InitrdError``: `missing` if there is no kernel, `manifest` for an invalid choice.
  package init(sysroot: String, _ choices: Choices = .init()) throws(InitrdError) {
    try Self.check(choices)
    let sysroot = try Sysroot(sysroot)
    kernel = try StartingKernel(choices.kernelRelease, running: nil, in: sysroot)
    addDefaults(choices, because: nil)
    try write(subject: "a virtual machine", sysroot: sysroot, choices)
  }

  /// Checks the choices.
  ///
  /// - Throws: `manifest` for an invalid choice.
  package static func check(_ choices: Choices) throws(InitrdError) {
    let violations = [
      choices.root.flatMap(ManifestRules.device), choices.fstype.flatMap(ManifestRules.fileSystem),
    ]
    guard let violation = violations.compactMap(\.self).first else { return }
    throw InitrdError(.manifest, violation.message, remedy: violation.remedy)
  }

  /// Writes the text to a temporary file and renames it to `path`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - replacing: whether an existing file is replaced.
  /// - Throws: `conflict` if the file exists and `replacing` is false; `missing`, `conflict` or `system` if it can't
  ///   be written.
  package func write(to path: String, replacing: Bool = false) throws(InitrdError) {
    if !replacing, try OpenFile.status(of: path) != nil {
      throw InitrdError(
        .conflict, "the file already exists", at: .init(file: path),
        remedy: "choose another with -o, or replace it with --force")
    }
    var file = try AtomicFile(replacing: path, mode: 0o644)
    let bytes = Array(text.utf8)
    try file.write(bytes.span)
    try file.commit()
  }

  // MARK: Parts of the manifest

  /// Adds the modules with one of the names and aliases `words`; returns whether the kernel has any.
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

  mutating func note(_ code: InitrdError.Code, _ message: String, remedy: String? = nil) {
    notes.append(Diagnostic(.note, code, message, remedy: remedy))
  }

  private mutating func addOptions(of machine: borrowing Machine) {
    let named = modules.filter { !$0.isBuiltIn }.map(\.name)
    let included = Set(named + named.flatMap { kernel.index?.modules[$0]?.needs ?? [] })
    options = machine.moduleOptions.filter { included.contains($0.key) }
      .map { ($0.key, $0.value) }.sorted { $0.module < $1.module }
  }

  private mutating func write(
    subject: String, sysroot: borrowing Sysroot, _ choices: Choices
  ) throws(InitrdError) {
    notes += kernel.tree.diagnostics.all
    if !kernel.others.isEmpty {
      note(
        .ambiguous, "the sysroot has other kernels: \(kernel.others.joined(separator: ", "))",
        remedy: "choose one with --kernel-release if the image is for another kernel")
    }
    busybox = Self.busybox(in: sysroot, for: kernel.architecture)
    if busybox == nil {
      note(
        .missing, "no statically linked busybox was found, and build needs one",
        remedy: "install the package (\(Self.packages))")
    }
    let path = try Self.path(sysroot.path, from: choices.file)
    text = manifestText(choices, subject: subject, sysroot: sysroot, path: path)
    // A detected name may be invalid in a manifest, such as ${x}.
    _ = try Manifest(json: Array(text.utf8), file: choices.file ?? "the starting manifest")
  }

  /// The sysroot's path, relative to the directory of the manifest `file`.
  private static func path(_ path: String, from file: String?) throws(InitrdError) -> String {
    let slash = UInt8(ascii: "/")
    guard let file, path.utf8.first != slash else { return path }
    if file.utf8.first != slash {
      let folders = file.utf8.split(separator: slash).dropLast().filter {
        !$0.elementsEqual(".".utf8)
      }
      if folders.isEmpty { return path }
      // If a directory is a symbolic link or is named .., the path with ../ is another directory.
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
