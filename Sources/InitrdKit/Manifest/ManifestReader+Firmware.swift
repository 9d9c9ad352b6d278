/// `firmware`.
extension ManifestReader {
  mutating func readFirmware(_ node: JSONNode) {
    guard let fields = fields(node, built: ["policy", "include", "exclude"]) else { return }
    if let value = fields["policy"], let policy: Manifest.Firmware.Policy = choice(value) {
      manifest.firmware.policy = policy
    }
    if let value = fields["include"] { manifest.firmware.include = firmware(value) }
    if let value = fields["exclude"] { manifest.firmware.exclude = firmware(value) }
  }

  private mutating func firmware(_ node: JSONNode) -> [Manifest.Item] {
    list(node).compactMap { node in
      guard let item = item(node),
        keeps(ManifestRules.firmware(item.name), at: item.location ?? node.location)
      else { return nil }
      return item
    }
  }
}
