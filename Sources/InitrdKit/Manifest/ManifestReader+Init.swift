/// Reads `init`.
extension ManifestReader {
  mutating func readInit(_ node: JSONNode) {
    let built = ["template", "root", "program", "environment", "onFailure", "shell"]
    guard let fields = fields(node, built: built, planned: ["hooks"]) else { return }
    if let value = fields["template"] { readTemplate(value) }
    if let value = fields["root"] { readRoot(value) }
    if let value = fields["program"] { readProgram(value) }
    if let value = fields["environment"] { readEnvironment(value) }
    if let value = fields["onFailure"], let failure: Manifest.Linuxrc.Failure = choice(value) {
      manifest.linuxrc.onFailure = failure
    }
    if let value = fields["shell"], let flag = flag(value) { manifest.linuxrc.shell = flag }
  }

  private mutating func readTemplate(_ node: JSONNode) {
    guard let path = text(node, ManifestRules.name) else { return }
    switch path {
    case "linuxrc": manifest.linuxrc.template = .linuxrc
    case "none": manifest.linuxrc.template = .none
    default: manifest.linuxrc.template = .path(.init(path, location: node.location))
    }
  }

  private mutating func readRoot(_ node: JSONNode) {
    if case .null = node.value {
      manifest.linuxrc.root = nil
      return
    }
    let built = ["device", "fstype", "flags", "timeout"]
    guard let fields = fields(node, built: built, planned: ["overlay", "verity"]) else { return }
    guard let value = fields["device"] else {
      report("\"device\" is missing", node)
      return
    }
    guard let device = text(value, ManifestRules.device) else { return }
    var root = Manifest.Linuxrc.Root(device: device)
    root.location = value.location
    if let value = fields["fstype"] {
      root.fstype = text(value, ManifestRules.fileSystem)
      root.fstypeLocation = value.location
    }
    if let value = fields["flags"], let flags = text(value, ManifestRules.mountWord) {
      root.flags = flags
    }
    if let value = fields["timeout"], let seconds = integer(value, in: ManifestRules.timeouts) {
      root.timeout = Int(seconds)
    }
    manifest.linuxrc.root = root
  }

  private mutating func readProgram(_ node: JSONNode) {
    let nodes = list(node)
    let words = nodes.compactMap { text($0, ManifestRules.line) }
    guard case .array = node.value, words.count == nodes.count,
      keeps(ManifestRules.program(words), at: node.location)
    else { return }
    manifest.linuxrc.program = words
    manifest.linuxrc.programLocation = node.location
  }

  private mutating func readEnvironment(_ node: JSONNode) {
    for member in members(node) ?? [] {
      guard keeps(ManifestRules.variableName(member.name), at: member.location),
        let value = text(member.value, ManifestRules.line)
      else { continue }
      manifest.linuxrc.environment.append(.init(name: member.name, value: value))
    }
  }
}
