import InitrdKit

extension Plan {
  /// The plan for a person: every entry as `ls -l` would have it, with the reason it is there.
  var text: String {
    var table = Table(rightAligned: [1, 2])
    for entry in entries {
      table.add(
        modeText(type: entry.fileType, mode: entry.mode), "\(entry.uid):\(entry.gid)",
        entry.sizeText, entry.pathText, entry.reasons.text)
    }
    let size = "\(entries.count) entries, \(grouped(archiveSize)) bytes unpacked"
    let codec = archives.map { "\($0.name): \($0.compressionText)" }.joined(separator: ", ")
    return
      (table.lines() + ["", "\(name): \(size); compression: \(codec)"] + notes.map(\.description))
      .joined(separator: "\n")
  }

  /// The plan for a program.
  var json: JSONValue {
    .object([
      ("name", .string(name)),
      ("architecture", architecture.map { .string($0.rawValue) } ?? .null),
      ("kernelRelease", kernelRelease.map(JSONValue.string) ?? .null),
      ("unpackedBytes", .integer(Int64(archiveSize))),
      ("entries", .array(entries.map(\.json))),
      ("loadOrder", .array(loadOrder.map(JSONValue.string))),
      ("builtIn", .array(builtIn.map(JSONValue.string))),
      ("inputs", .array(inputs.map(JSONValue.string))),
      ("notes", .array(notes.map { .string($0.message) })),
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

  fileprivate var json: JSONValue {
    .object([
      ("path", .string(path.description)), ("mode", .string(modeText(type: fileType, mode: mode))),
      ("uid", .integer(Int64(uid))), ("gid", .integer(Int64(gid))),
      ("bytes", .integer(Int64(size))),
      ("reasons", .array(reasons.map(\.json))),
    ])
  }
}
