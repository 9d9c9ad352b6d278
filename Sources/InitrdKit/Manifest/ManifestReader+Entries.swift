/// Reads `files`, `directories`, `symlinks` and `nodes`.
extension ManifestReader {
  mutating func readFiles(_ node: JSONNode) {
    let built = ["source", "content", "dest", "mode", "uid", "gid", "optional"]
    for node in list(node) {
      guard let fields = fields(node, built: built) else { continue }
      let ownership = ownership(fields)
      let optional = fields["optional"].flatMap { flag($0) } ?? false
      let source = source(fields)
      guard let place = required("dest", fields), let dest = path(place), let source else {
        continue
      }
      var isBelowDest = false
      if case .string(let text) = place.value { isBelowDest = text.utf8.last == UInt8(ascii: "/") }
      var file = Manifest.File(source, dest: dest, ownership: ownership)
      file.optional = optional
      file.isBelowDest = isBelowDest
      if case .content = source {
        file.fillsVariables = true
        guard keeps(ManifestRules.fileName(isBelowDest: isBelowDest), at: place.location) else {
          continue
        }
      }
      file.location = node.location
      manifest.files.append(file)
    }
  }

  private mutating func source(_ fields: Fields) -> Manifest.File.Source? {
    switch (fields["source"], fields["content"]) {
    case (let source?, nil):
      return text(source, ManifestRules.path).map { .path($0) }
    case (nil, let content?):
      // No rule for strings applies: content can have NULs, and the ${…} of a shell script.
      guard case .string(let text) = content.value else {
        _ = self.text(content)
        return nil
      }
      return .content(Array(text.utf8))
    case (nil, nil): report("\"source\" or \"content\" is missing", fields.node)
    case (.some, .some): report("\"source\" and \"content\" can't be used together", fields.node)
    }
    return nil
  }

  mutating func readDirectories(_ node: JSONNode) {
    for node in list(node) {
      var directory: Manifest.Directory
      if case .object = node.value {
        guard let fields = fields(node, built: ["path", "mode", "uid", "gid"]) else { continue }
        let ownership = ownership(fields)
        guard let path = required("path", fields).flatMap({ self.path($0) }) else { continue }
        directory = Manifest.Directory(path, ownership: ownership)
      } else {
        guard let path = path(node) else { continue }
        directory = Manifest.Directory(path)
      }
      directory.location = node.location
      manifest.directories.append(directory)
    }
  }

  mutating func readSymlinks(_ node: JSONNode) {
    for member in members(node) ?? [] {
      guard keeps(ManifestRules.text(member.name), at: member.location) else { continue }
      let path = path(member.name, member.location)
      guard let target = text(member.value),
        keeps(ManifestRules.linkTarget(Array(target.utf8)), at: member.value.location)
      else { continue }
      guard let path else { continue }
      var link = Manifest.Symlink(path, target: Array(target.utf8))
      link.location = member.location
      manifest.symlinks.append(link)
    }
  }

  mutating func readNodes(_ node: JSONNode) {
    for node in list(node) {
      let built = ["path", "type", "major", "minor", "mode", "uid", "gid"]
      guard let fields = fields(node, built: built) else { continue }
      let ownership = ownership(fields)
      let path = required("path", fields).flatMap { self.path($0) }
      let type = required("type", fields)
      guard let type, let kind = choice(type, Manifest.Node.Kind.self) else { continue }
      let major = number("major", in: ManifestRules.majors, of: kind, fields)
      let minor = number("minor", in: ManifestRules.minors, of: kind, fields)
      guard let path, let major, let minor else { continue }
      var entry = Manifest.Node(path, kind: kind, major: major, minor: minor, ownership: ownership)
      entry.location = node.location
      manifest.nodes.append(entry)
    }
  }

  /// A major or minor number, which only devices have.
  private mutating func number(
    _ name: String, in range: ClosedRange<Int64>, of kind: Manifest.Node.Kind, _ fields: Fields
  ) -> UInt32? {
    switch kind {
    case .char, .block:
      guard let value = required(name, fields), let number = integer(value, in: range) else {
        return nil
      }
      return UInt32(number)
    case .fifo, .socket:
      if let value = fields[name] {
        report("a \(kind.rawValue) can't have \"\(name)\"", value)
        return nil
      }
      return 0
    }
  }

  mutating func required(_ name: String, _ fields: Fields) -> JSONNode? {
    if fields[name] == nil { report("\"\(name)\" is missing", fields.node) }
    return fields[name]
  }
}
