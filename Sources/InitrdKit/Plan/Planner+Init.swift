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
      throw InitrdError(
        .missing, "no busybox at \(display(wanted.path.name))", at: wanted.path.location,
        hint: "Debian has a static one in the package busybox-static")
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
    guard let busybox, let wanted = manifest.busybox else { return }
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

  private func applets(
    _ wanted: Manifest.Busybox, of found: FoundBusybox, needed: [String]
  ) throws(InitrdError) -> [String] {
    let list: [Manifest.Item]
    switch wanted.applets {
    case .none: return []
    case .all: return found.busybox.applets.filter { $0 != "busybox" }
    case .needed: list = needed.map { Manifest.Item($0) }
    case .list(let items): list = items
    }
    let lacking = list.filter { !found.busybox.applets.contains($0.name) && !$0.optional }
    let errors = lacking.map { item in
      InitrdError(
        .missing, "\(display(found.path)) has no applet \"\(item.name)\"", at: item.location,
        hint: nearest(to: item.name, in: found.busybox.applets).map { "did you mean \"\($0)\"?" })
    }
    if let error = InitrdError(all: errors) { throw error }
    return list.map(\.name).filter(found.busybox.applets.contains)
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
}
