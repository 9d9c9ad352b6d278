import InitrdKit

extension Plan {
  /// The plan as text: every entry as in `ls -l`, with its reasons.
  var text: String {
    var table = Table(rightAligned: [1, 2])
    for entry in entries {
      table.add(
        modeText(type: entry.fileType, mode: entry.mode), "\(entry.uid):\(entry.gid)",
        entry.sizeText, entry.pathText, entry.reasons.text)
    }
    let size =
      counted(entries.count, "entry", "entries") + ", "
      + counted(archiveSize, "byte", "bytes") + " uncompressed"
    let codec = archives.map { "\($0.name): \($0.compressionText)" }.joined(separator: ", ")
    return
      (table.lines() + ["", "\(name): \(size); compression: \(codec)"] + notes.map(\.description))
      .joined(separator: "\n")
  }

  /// The plan as JSON.
  var json: JSONValue {
    let entries = archives.enumerated().flatMap { number, archive in
      archive.entries.map { $0.json(segment: number) }
    }
    return .document(
      [
        ("name", .string(name)), ("architecture", .optional(architecture?.rawValue)),
        ("kernelRelease", .optional(kernelRelease)), ("unpackedBytes", .count(archiveSize)),
        ("segments", .array(archives.map { $0.json() })), ("entries", .array(entries)),
        ("modules", .array(modules.map(\.json))),
        ("firmware", .array(firmware.map(\.json))), ("loadOrder", .texts(loadOrder)),
        ("builtIn", .texts(builtIn)), ("inputs", .texts(inputs)),
      ], diagnostics: notes)
  }
}

extension PlannedFirmwareFile {
  fileprivate var json: JSONValue {
    .object([
      ("name", .string(printable(name))), ("path", path.map { .path($0.bytes) } ?? .null),
      ("modules", .texts(modules)),
    ])
  }
}

extension PlannedEntry {
  fileprivate var sizeText: String {
    if case .node(let kind, let major, let minor) = content, kind == .char || kind == .block {
      return "\(major):\(minor)"
    }
    return grouped(size)
  }

  fileprivate var pathText: String {
    if case .symlink(let target) = content { return "\(path) -> \(printable(target))" }
    return path.description
  }

  fileprivate func json(segment: Int) -> JSONValue {
    var (target, major, minor): ([UInt8], UInt32, UInt32) = ([], 0, 0)
    switch content {
    case .symlink(let bytes): target = bytes
    case .node(_, let first, let second): (major, minor) = (first, second)
    default: break
    }
    return .object(
      [("path", .path(path.bytes)), ("segment", .count(segment))]
        + JSONValue.attributes(
          type: fileType, mode: mode, uid: uid, gid: gid, links: Int(links), bytes: UInt64(size),
          modified: 0, target: target, major: major, minor: minor)
        + [("reasons", .reasons(reasons))])
  }
}
