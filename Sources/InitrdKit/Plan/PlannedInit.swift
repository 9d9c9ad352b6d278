/// The busybox of the sysroot.
struct PlannedBusybox: Sendable {
  let file: PlannedFile
  let binary: BusyboxBinary
  /// The path in the manifest.
  let path: String

  /// Finds the busybox that `manifest` names.
  ///
  /// - Returns: `nil` if the manifest requests none, or if it does not exist, which is added to the diagnostics.
  /// - Throws: `bad-input` for a file that is not a static busybox, `conflict` for one of another machine.
  static func find(
    _ manifest: Manifest.Busybox?, for architecture: Architecture?,
    in sources: borrowing SourceFiles, _ diagnostics: inout Diagnostics
  ) throws(InitrdError) -> PlannedBusybox? {
    guard let manifest else { return nil }
    let path = manifest.path.name
    guard let found = try sources.find(path) else {
      diagnostics.missing(
        "busybox: no file at \(sources.display(path))", isOptional: manifest.path.optional,
        at: manifest.path.location,
        remedy: "install a static one; Debian has it in the package busybox-static")
      return nil
    }
    let bytes = try found.file.contents(limit: 64 << 20)
    let binary = try sources.naming(path) { () throws(InitrdError) in try BusyboxBinary(bytes) }
    try sources.requireArchitecture(architecture, binary.architecture, of: path)
    return PlannedBusybox(file: found.planned, binary: binary, path: path)
  }
}

/// The init with its settings, busybox with its links, and the directories and nodes that both need: a step of planning.
struct PlannedInit: Sendable {
  /// The entries, errors and notes.
  private(set) var contribution = Contribution()
  private let manifest: Manifest

  /// Plans the init that `manifest` requests. All failures are added to the diagnostics.
  ///
  /// - Parameters:
  ///   - manifest: the manifest, with names filled in.
  ///   - busybox: the busybox; `nil`: none.
  ///   - busyboxFailed: whether another error already reports that busybox is missing.
  ///   - loadOrder: the modules that the init loads.
  ///   - sources: finds the template.
  /// - Throws: `limit` for an invalid path, which does not happen: all paths are constants.
  init(
    _ manifest: Manifest, busybox: PlannedBusybox?, busyboxFailed: Bool, loadOrder: [String],
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    self.manifest = manifest
    try generate(
      .node(.char, major: 5, minor: 1), at: "dev/console", mode: 0o600, .console)
    let template = contribution.diagnostics.collecting { _ throws(InitrdError) in
      try Self.template(manifest.linuxrc.template, in: sources)
    }
    if let template = template ?? nil {
      try generate(.bytes(template.bytes), at: "init", mode: 0o755, .initProgram)
      try generate(.symlink(Array("init".utf8)), at: "linuxrc", mode: 0o777, .linuxrcName)
      for (path, content, mode, purpose) in LinuxrcSettings.entries(
        manifest.linuxrc, modules: loadOrder)
      { try generate(content, at: path, mode: mode, purpose) }
    }
    let needed = (template ?? nil)?.applets ?? []
    if let busybox, let wanted = manifest.busybox {
      try add(busybox, wanted, needed: needed, in: sources)
    } else if !busyboxFailed, !needed.isEmpty {
      contribution.diagnostics.error(
        .conflict, "the template needs applets of busybox, but there is no busybox",
        at: manifest.busybox?.path.location,
        remedy: "set \"busybox\" to the path of one, or set \"template\" to \"none\"")
    }
  }

  private mutating func add(
    _ busybox: PlannedBusybox, _ wanted: Manifest.Busybox, needed: [String],
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    try generate(
      .file(busybox.file), at: "bin/busybox", mode: 0o755,
      .busybox(source: sources.display(busybox.path)))
    let requested: [Manifest.Item] =
      switch wanted.applets {
      case .none: []
      case .all: busybox.binary.applets.map { Manifest.Item($0) }
      case .needed: needed.map { Manifest.Item($0) }
      case .list(let items): needed.map { Manifest.Item($0) } + items
      }
    requireApplets(requested, of: busybox, wanted, needed: needed, in: sources)
    let names = Set(requested.map(\.name))
    for applet in busybox.binary.applets where names.contains(applet) && applet != "busybox" {
      let folder = BusyboxBinary.folder(of: applet)
      try generate(
        .symlink(Array((folder == "bin" ? "busybox" : "../bin/busybox").utf8)),
        at: "\(folder)/\(applet)", mode: 0o777, .applet)
    }
  }

  private mutating func requireApplets(
    _ requested: [Manifest.Item], of busybox: PlannedBusybox, _ wanted: Manifest.Busybox,
    needed: [String], in sources: borrowing SourceFiles
  ) {
    for item in requested where !busybox.binary.applets.contains(item.name) {
      let near = nearest(to: item.name, in: busybox.binary.applets)
      contribution.diagnostics.missing(
        "\(sources.display(busybox.path)) has no applet \"\(item.name)\"",
        isOptional: item.optional, at: item.location,
        remedy: near.map { "did you mean \"\($0)\"?" })
    }
    let names = Set(requested.map(\.name))
    let lacking = needed.filter { !names.contains($0) }
    if !lacking.isEmpty {
      contribution.diagnostics.error(
        .conflict, "the template needs these applets: \(lacking.joined(separator: " "))",
        at: wanted.path.location,
        remedy: "remove \"applets\", or list only additional applets")
    }
  }

  private mutating func generate(
    _ content: PlannedEntry.Content, at path: String, mode: UInt16, _ purpose: Reason.Purpose
  ) throws(InitrdError) {
    contribution.generate(
      content, at: try ImagePath(path), mode: mode, [.generated(purpose)])
  }

  /// A script or program that becomes `/init`, and the applets in its header.
  private typealias Template = (bytes: [UInt8], applets: [String])

  /// Reads the template; `nil` if the manifest has its own `/init`.
  private static func template(
    _ choice: Manifest.Linuxrc.Template, in sources: borrowing SourceFiles
  ) throws(InitrdError) -> Template? {
    let bytes: [UInt8]
    switch choice {
    case .none: return nil
    case .linuxrc: bytes = PackageResources.linuxrc
    case .path(let item):
      guard let file = try sources.open(item.name) else {
        throw InitrdError(
          .missing, "no template at \(sources.display(item.name))", at: item.location)
      }
      bytes = try file.contents(limit: 16 << 20)
      guard bytes.starts(with: "#!".utf8) || bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
        throw InitrdError(
          .badInput, "this template is neither a script nor a program",
          at: .init(file: file.name), remedy: "begin it with #!, or name an ELF program")
      }
    }
    return (bytes, applets(ofTemplate: bytes))
  }

  /// The words in the lines `# applets:` of the comments at the start of a template.
  static func applets(ofTemplate bytes: [UInt8]) -> [String] {
    let mark = Array("# applets:".utf8)
    return bytes.split(separator: UInt8(ascii: "\n"))
      .prefix { $0.first == UInt8(ascii: "#") }
      .filter { $0.starts(with: mark) }
      .flatMap { $0.dropFirst(mark.count).split(separator: UInt8(ascii: " ")) }
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
