extension Manifest {
  /// Checks all values by the rules of the JSON reader, so that a manifest made in code must follow the same rules.
  /// `plan()` and `build(depfile:options:)` call it first.
  ///
  /// - Throws: one ``InitrdError`` with the code `manifest` that contains all violations.
  public func validate() throws(InitrdError) {
    var validator = ManifestValidator()
    validator.check(self)
    try validator.diagnostics.requireNoErrors()
  }
}

/// Collects the violations of rules in a manifest.
private struct ManifestValidator {
  private typealias Rules = ManifestRules
  private(set) var diagnostics = Diagnostics()

  private mutating func require(
    _ key: String, _ violation: ManifestRules.Violation?, at location: InitrdError.Location? = nil
  ) {
    guard let violation else { return }
    diagnostics.error(
      .manifest, "\(key): \(violation.message)", at: location, remedy: violation.remedy)
  }

  mutating func check(_ manifest: Manifest) {
    require("name", Rules.text(manifest.name))
    if manifest.layers.isEmpty { diagnostics.error(.manifest, "sysroot: the list is empty") }
    for layer in manifest.layers { require("sysroot", Rules.path(layer)) }
    if let kernel = manifest.kernel {
      if let release = kernel.release {
        require("kernel.release", Rules.text(release), at: kernel.location)
      }
      require("kernel.config", kernel.config.map { [$0] } ?? [])
      require("kernel.image", kernel.image.map { [$0] } ?? [])
    }
    check(manifest.modules)
    for (key, items) in [
      ("firmware.include", manifest.firmware.include),
      ("firmware.exclude", manifest.firmware.exclude),
    ] {
      for item in items { require(key, Rules.firmware(item.name), at: item.location) }
    }
    if let busybox = manifest.busybox {
      require("busybox.path", [busybox.path])
      if case .list(let items) = busybox.applets { require("busybox.applets", items) }
    }
    checkEntries(manifest)
    check(manifest.linuxrc)
    if case .files(let items) = manifest.early.microcode { require("early.microcode", items) }
    require("early.acpi", manifest.early.acpi)
    for segment in manifest.segments {
      require("segments.name", Rules.line(segment.name), at: segment.location)
      require("segments.contents", segment.contents)
      require("segments.compression", segment.compression, at: segment.location)
    }
    require("compression", manifest.compression, at: nil)
    checkOutput(manifest)
  }

  private mutating func require(_ key: String, _ items: [Manifest.Item]) {
    for item in items { require(key, Rules.name(item.name), at: item.location) }
  }

  private mutating func require(
    _ key: String, _ choice: Manifest.CompressionChoice, at location: InitrdError.Location?
  ) {
    if case .named(let compression, let level?) = choice {
      require(key, Rules.level(level, of: compression), at: location)
    }
  }

  private mutating func require(
    _ key: String, _ ownership: Manifest.Ownership, at location: InitrdError.Location?
  ) {
    if let mode = ownership.mode { require("\(key).mode", Rules.mode(mode), at: location) }
    require("\(key).uid", Rules.number(ownership.uid, in: Rules.ids), at: location)
    require("\(key).gid", Rules.number(ownership.gid, in: Rules.ids), at: location)
  }

  private mutating func check(_ modules: Manifest.Modules) {
    require("modules.include", modules.include)
    require("modules.exclude", modules.exclude)
    require("modules.load", modules.load ?? [])
    require("modules.blacklist", modules.blacklist)
    for option in modules.options {
      let location = option.module.location
      require("modules.options", Rules.moduleName(option.module.name), at: location)
      require("modules.options", Rules.moduleOptions(option.options), at: location)
    }
  }

  private mutating func checkEntries(_ manifest: Manifest) {
    for binary in manifest.binaries {
      require("binaries", Rules.binary(binary), at: binary.location)
      require("binaries", binary.ownership, at: binary.location)
    }
    for file in manifest.files {
      switch file.source {
      case .path(let path): require("files.source", Rules.path(path), at: file.location)
      case .content:
        require("files.dest", Rules.fileName(isBelowDest: file.isBelowDest), at: file.location)
      }
      require("files", file.ownership, at: file.location)
    }
    for tree in manifest.trees {
      require("trees.source", Rules.path(tree.source), at: tree.location)
      require("trees.exclude", tree.exclude)
      if let owner = tree.owner {
        require("trees.owner.uid", Rules.number(owner.uid, in: Rules.ids), at: tree.location)
        require("trees.owner.gid", Rules.number(owner.gid, in: Rules.ids), at: tree.location)
      }
    }
    for directory in manifest.directories {
      require("directories", directory.ownership, at: directory.location)
    }
    for link in manifest.symlinks {
      require("symlinks", Rules.linkTarget(link.target), at: link.location)
    }
    for node in manifest.nodes {
      require("nodes", node.ownership, at: node.location)
      require(
        "nodes.major", Rules.deviceNumber(node.major, in: Rules.majors, of: node.kind),
        at: node.location)
      require(
        "nodes.minor", Rules.deviceNumber(node.minor, in: Rules.minors, of: node.kind),
        at: node.location)
    }
  }

  private mutating func check(_ linuxrc: Manifest.Linuxrc) {
    if case .path(let item) = linuxrc.template { require("init.template", [item]) }
    if let root = linuxrc.root {
      require("init.root.device", Rules.device(root.device))
      if let type = root.fstype { require("init.root.fstype", Rules.fileSystem(type)) }
      require("init.root.flags", Rules.mountWord(root.flags))
      require("init.root.timeout", Rules.number(root.timeout, in: Rules.timeouts))
    }
    require("init.program", Rules.program(linuxrc.program))
    for variable in linuxrc.environment {
      require("init.environment", Rules.variableName(variable.name))
      require("init.environment", Rules.line(variable.value))
    }
  }

  private mutating func checkOutput(_ manifest: Manifest) {
    if let path = manifest.output.path { require("output.path", Rules.path(path)) }
    require("output.mode", Rules.mode(manifest.output.mode))
    require("output.align", Rules.alignment(manifest.output.alignment))
    let budget = manifest.budget
    for (name, limit) in [("image", budget.image), ("unpacked", budget.unpacked)] {
      if let limit { require("budget.\(name)", Rules.number(limit, in: Rules.positive)) }
    }
    if let limit = budget.entries {
      require("budget.entries", Rules.number(limit, in: Rules.positive))
    }
    switch manifest.baseline {
    case .kernelK(let size), .bytes(let size):
      require("baseline", Rules.number(size, in: Rules.positive))
    case .image(let path): require("baseline", Rules.path(path))
    case nil: break
    }
  }
}
