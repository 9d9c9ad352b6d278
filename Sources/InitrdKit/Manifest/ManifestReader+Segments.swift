/// Reads `early`, `segments` and `compression`.
extension ManifestReader {
  mutating func readEarly(_ node: JSONNode) {
    guard let fields = fields(node, built: ["microcode", "acpi"]) else { return }
    if let value = fields["microcode"] {
      if case .array = value.value {
        manifest.early.microcode = .files(list(value).compactMap { item($0) })
      } else if let choice = choice(value, MicrocodeChoice.self) {
        manifest.early.microcode = choice == .auto ? .auto : .none
      }
    }
    if let value = fields["acpi"] { manifest.early.acpi = list(value).compactMap { item($0) } }
  }

  private enum MicrocodeChoice: String, CaseIterable { case auto, none }

  mutating func readSegments(_ node: JSONNode) {
    for node in list(node) {
      guard let fields = fields(node, built: ["name", "contents", "compression"]) else { continue }
      let name = required("name", fields).flatMap { text($0, ManifestRules.line) }
      let contents = required("contents", fields).map { value in list(value).compactMap { item($0) }
      }
      let choice = fields["compression"].flatMap { compression($0) }
      guard let name, let contents else { continue }
      var segment = Manifest.Segment(name: name, contents: contents)
      segment.location = node.location
      if let choice { segment.compression = choice }
      manifest.segments.append(segment)
    }
  }

  mutating func compression(_ node: JSONNode) -> Manifest.CompressionChoice? {
    var (name, level) = (node, JSONNode?.none)
    if case .object = node.value {
      guard let fields = fields(node, built: ["algorithm", "level"]) else { return nil }
      guard let algorithm = required("algorithm", fields) else { return nil }
      (name, level) = (algorithm, fields["level"])
    }
    guard let text = text(name) else { return nil }
    if text == "auto" {
      if let level { report("\"auto\" can't have a level", level) }
      return .auto
    }
    guard let compression = Compression(rawValue: text) else {
      let names = Compression.allCases.map(\.rawValue) + ["auto"]
      report(
        "unknown compression \"\(printable(text.utf8))\"", name, remedy: suggestion(text, names))
      return nil
    }
    guard let level else { return .named(compression, level: nil) }
    return integer(level) { ManifestRules.level($0, of: compression) }
      .map { .named(compression, level: Int($0)) }
  }
}
