/// `binaries`.
extension ManifestReader {
  mutating func readBinaries(_ node: JSONNode) {
    let built = ["path", "dest", "libraries", "dlopen", "optional", "mode", "uid", "gid"]
    for node in list(node) {
      var binary: Manifest.Binary
      if case .object = node.value {
        guard let fields = fields(node, built: built) else { continue }
        let ownership = ownership(fields)
        let libraries = fields["libraries"].flatMap { flag($0) } ?? true
        let dlopen = fields["dlopen"].flatMap { choice($0, Manifest.Binary.DlopenChoice.self) }
        let optional = fields["optional"].flatMap { flag($0) } ?? false
        let dest = fields["dest"].flatMap { path($0) }
        guard let path = required("path", fields).flatMap({ text($0, ManifestRules.path) }) else {
          continue
        }
        binary = Manifest.Binary(path, dest: dest, ownership: ownership)
        (binary.libraries, binary.optional) = (libraries, optional)
        if let dlopen { binary.dlopen = dlopen }
      } else {
        guard let path = text(node, ManifestRules.path) else { continue }
        binary = Manifest.Binary(path)
      }
      binary.location = node.location
      guard keeps(ManifestRules.binary(binary), at: node.location) else { continue }
      manifest.binaries.append(binary)
    }
  }
}

extension ManifestRules {
  /// An item of `binaries`.
  static func binary(_ binary: Manifest.Binary) -> Violation? {
    if let violation = path(binary.path) { return violation }
    let isBesideManifest = ["./", "../"].contains { binary.path.utf8.starts(with: $0.utf8) }
    return isBesideManifest && binary.dest == nil
      ? Violation(
        message: "\"dest\" is missing: a file beside the manifest has no place in the image",
        remedy: "add \"dest\": \"/bin/NAME\"") : nil
  }
}
