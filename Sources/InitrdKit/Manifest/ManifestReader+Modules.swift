/// Reads `modules` and `busybox`.
extension ManifestReader {
  mutating func readModules(_ node: JSONNode) {
    let built = ["include", "exclude", "load", "options", "blacklist", "softdeps", "storage"]
    let planned = ["weakdeps", "strip", "index", "requireSigned"]
    guard let fields = fields(node, built: built, planned: planned) else { return }
    if let value = fields["include"] { manifest.modules.include = modules(value) }
    if let value = fields["exclude"] { manifest.modules.exclude = modules(value) }
    if let value = fields["load"] {
      if case .string("auto") = value.value {
        reportPlanned("\"auto\"", value)
      } else {
        manifest.modules.load = modules(value)
      }
    }
    if let value = fields["blacklist"] { manifest.modules.blacklist = modules(value) }
    if let value = fields["options"] { readOptions(value) }
    if let value = fields["softdeps"], let flag = flag(value) { manifest.modules.softdeps = flag }
    if let value = fields["storage"], let storage: Manifest.Modules.Storage = choice(value) {
      manifest.modules.storage = storage
    }
  }

  private mutating func modules(_ node: JSONNode) -> [Manifest.Item] {
    var items: [Manifest.Item] = []
    for node in list(node) {
      guard let item = item(node) else { continue }
      if item.name.utf8.starts(with: "alias:".utf8) {
        reportPlanned("\"alias:\"", node)
      } else {
        items.append(item)
      }
    }
    return items
  }

  private mutating func readOptions(_ node: JSONNode) {
    for member in members(node) ?? [] {
      guard keeps(ManifestRules.moduleName(member.name), at: member.location),
        let options = text(member.value, ManifestRules.moduleOptions)
      else { continue }
      manifest.modules.options.append(
        .init(module: .init(member.name, location: member.location), options: options))
    }
  }

  /// Reads `busybox`. Without the key, the image has busybox if it has a template, which needs it.
  mutating func readBusybox(_ node: JSONNode?) {
    guard let node else {
      if manifest.linuxrc.template == .none { manifest.busybox = nil }
      return
    }
    if case .null = node.value {
      manifest.busybox = nil
      return
    }
    guard let fields = fields(node, built: ["path", "applets"]) else { return }
    var busybox = Manifest.Busybox()
    if let value = fields["path"], let path = item(value) { busybox.path = path }
    if let value = fields["applets"] {
      if case .array = value.value {
        busybox.applets = .list(list(value).compactMap { item($0) })
      } else if let choice: AppletChoice = choice(value) {
        busybox.applets =
          switch choice {
          case .needed: .needed
          case .all: .all
          case .none: .none
          }
      }
    }
    manifest.busybox = busybox
  }

  private enum AppletChoice: String, CaseIterable { case needed, all, none }
}
