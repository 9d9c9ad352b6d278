/// `init`.
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
    guard let path = line(node) else { return }
    switch path {
    case "": report("the template has no name", node)
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
    guard let device = line(value) else { return }
    do throws(InitrdError) { try Manifest.Linuxrc.Root.check(device: device) } catch {
      report(error.message, value, remedy: error.remedy)
      return
    }
    var root = Manifest.Linuxrc.Root(device: device)
    if let value = fields["fstype"] { root.fstype = word(value) }
    if let value = fields["flags"], let flags = words(value) { root.flags = flags }
    if let value = fields["timeout"], let seconds = integer(value, in: 0...86400) {
      root.timeout = Int(seconds)
    }
    manifest.linuxrc.root = root
  }

  /// Mount options: no blanks, which would end them on the kernel's command line.
  private mutating func words(_ node: JSONNode) -> String? {
    guard let text = line(node) else { return nil }
    guard !text.utf8.contains(0x20), !text.utf8.contains(0x09) else {
      report("a blank in mount options or a file system's name", node)
      return nil
    }
    return text
  }

  private mutating func word(_ node: JSONNode) -> String? {
    guard let text = words(node) else { return nil }
    if text.isEmpty { report("an empty name", node) }
    return text.isEmpty ? nil : text
  }

  private mutating func readProgram(_ node: JSONNode) {
    let nodes = list(node)
    let words = nodes.compactMap { line($0) }
    guard case .array = node.value, words.count == nodes.count else { return }
    guard let program = words.first, program.utf8.first == UInt8(ascii: "/") else {
      report("a program is a list that starts with an absolute path", node)
      return
    }
    manifest.linuxrc.program = words
  }

  private mutating func readEnvironment(_ node: JSONNode) {
    for member in members(node) ?? [] {
      guard isVariableName(member.name) else {
        errors.append(
          InitrdError(
            .manifest, "\"\(printable(member.name.utf8))\" can't be the name of a variable",
            at: member.location, remedy: "take letters, digits and _, and no digit first"))
        continue
      }
      guard let value = line(member.value) else { continue }
      manifest.linuxrc.environment.append(.init(name: member.name, value: value))
    }
  }

  private func isVariableName(_ name: String) -> Bool {
    name.utf8.first.map { !(0x30...0x39 ~= $0) } == true
      && name.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }
}
