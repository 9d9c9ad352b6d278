/// The busybox of the sysroot: where it is, and what it can do.
struct FoundBusybox {
  let file: PlannedFile
  let busybox: BusyboxBinary
  let path: String
}

extension Planner {
  /// Finds the busybox that the manifest asks for; `nil` when it asks for none.
  mutating func findBusybox() throws(InitrdError) -> FoundBusybox? {
    guard let wanted = manifest.busybox else { return nil }
    guard let (planned, _) = try find(wanted.path.name), let file = try open(wanted.path.name)
    else {
      if wanted.path.optional {
        plan.notes.append("busybox: there is none at \(display(wanted.path.name))")
        return nil
      }
      throw InitrdError(
        .missing, "no busybox at \(display(wanted.path.name))", at: wanted.path.location,
        remedy: "Debian has a static one in the package busybox-static")
    }
    let busybox = try inSysroot(wanted.path.name) { () throws(InitrdError) in
      try BusyboxBinary(try file.contents(limit: 64 << 20))
    }
    if plan.architecture == nil { plan.architecture = busybox.architecture }
    try requireArchitecture(busybox.architecture, of: wanted.path.name)
    return FoundBusybox(file: planned, busybox: busybox, path: wanted.path.name)
  }

  /// Adds the init with its settings, busybox with its links, and what both expect to be there.
  mutating func addInit(with busybox: FoundBusybox?) throws(InitrdError) {
    try generate(
      .node(.char, major: 5, minor: 1), at: "dev/console", mode: 0o600,
      because: "the first process has no input and output without it")
    let template = try readTemplate()
    if let template {
      try generate(
        .bytes(template.bytes), at: "init", mode: 0o755, because: "the kernel runs it first")
      try generate(
        .symlink(Array("init".utf8)), at: "linuxrc", mode: 0o777,
        because: "the name that old set-ups know the init by")
      let settings = LinuxrcSettings.entries(manifest.linuxrc, modules: plan.loadOrder)
      for (path, content, mode, reason) in settings {
        try generate(content, at: path, mode: mode, because: reason)
      }
    }
    guard let busybox, let wanted = manifest.busybox else {
      // A busybox that could not be read is an error already.
      if let template, !template.applets.isEmpty, errors.isEmpty {
        throw InitrdError(
          .conflict, "the template needs applets of busybox, and there is no busybox",
          remedy: "leave \"busybox\" out, or take \"template\": \"none\"")
      }
      return
    }
    try generate(
      .file(busybox.file), at: "bin/busybox", mode: 0o755,
      because: "the tools of the init, from \(display(busybox.path))")
    for applet in try applets(wanted, of: busybox, needed: template?.applets ?? []) {
      let folder = BusyboxBinary.folder(of: applet)
      try generate(
        .symlink(Array((folder == "bin" ? "busybox" : "../bin/busybox").utf8)),
        at: "\(folder)/\(applet)", mode: 0o777, because: "an applet of busybox")
    }
  }

  /// The applets that get a link, each once: those that the template needs are always among them.
  private mutating func applets(
    _ wanted: Manifest.Busybox, of found: FoundBusybox, needed: [String]
  ) throws(InitrdError) -> [String] {
    let list: [Manifest.Item]
    switch wanted.applets {
    case .none: list = []
    case .all: list = found.busybox.applets.map { Manifest.Item($0) }
    case .needed: list = needed.map { Manifest.Item($0) }
    case .list(let items): list = needed.map { Manifest.Item($0) } + items
    }
    var failures: [InitrdError] = []
    for item in list where !found.busybox.applets.contains(item.name) {
      let message = "\(display(found.path)) has no applet \"\(item.name)\""
      if item.optional {
        plan.notes.append(message)
      } else {
        let near = nearest(to: item.name, in: found.busybox.applets)
        failures.append(
          InitrdError(
            .missing, message, at: item.location, remedy: near.map { "did you mean \"\($0)\"?" }))
      }
    }
    let names = Set(list.map(\.name))
    let lacking = needed.filter { !names.contains($0) }
    if !lacking.isEmpty {
      failures.append(
        InitrdError(
          .conflict, "the template needs these applets: \(lacking.joined(separator: " "))",
          at: wanted.path.location,
          remedy: "leave \"applets\" out, or list what it is to have besides"))
    }
    if let error = InitrdError(all: failures) { throw error }
    return found.busybox.applets.filter { names.contains($0) && $0 != "busybox" }
  }

  /// The script that becomes `/init`, and the applets that its header asks for; `nil` when the manifest
  /// brings its own.
  private mutating func readTemplate() throws(InitrdError) -> (bytes: [UInt8], applets: [String])? {
    let bytes: [UInt8]
    switch manifest.linuxrc.template {
    case .none: return nil
    case .linuxrc: bytes = PackageResources.linuxrc
    case .path(let item):
      guard let file = try open(item.name) else {
        throw InitrdError(
          .missing, "no template at \(display(item.name))", at: item.location)
      }
      bytes = try file.contents(limit: 16 << 20)
      guard bytes.starts(with: "#!".utf8) || bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
        throw InitrdError(
          .badInput, "a template is a script or a program: it starts with #! or is ELF",
          at: .init(file: file.name))
      }
    }
    return (bytes, Self.applets(ofTemplate: bytes))
  }

  /// The words of the `# applets:` lines among the comments at the start of a template.
  static func applets(ofTemplate bytes: [UInt8]) -> [String] {
    let mark = Array("# applets:".utf8)
    return bytes.split(separator: UInt8(ascii: "\n"))
      .prefix { $0.first == UInt8(ascii: "#") }
      .filter { $0.starts(with: mark) }
      .flatMap { $0.dropFirst(mark.count).split(separator: UInt8(ascii: " ")) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Notes what the image lacks to start anything, which may still be meant.
  mutating func noteWhatDoesNotStart(_ entries: [PlannedEntry]) throws(InitrdError) {
    let paths = Set(entries.map(\.path))
    if !paths.contains(try ImagePath("init")) {
      plan.notes.append(
        "there is no /init: the kernel starts nothing from this image unless rdinit= says so")
    }
    guard manifest.linuxrc.template != .none, manifest.linuxrc.root == nil,
      let program = manifest.linuxrc.program.first, let path = try? ImagePath(program),
      !paths.contains(path)
    else { return }
    plan.notes.append(
      "init.program: with no root to mount, \(program) must be in the image, and is not")
  }
}
