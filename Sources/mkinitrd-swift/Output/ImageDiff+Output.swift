import InitrdKit

extension ImageDiff {
  /// The differences as text: `+` for an added entry, `-` for a removed one, `~` for a changed one; empty when there
  /// are none.
  var text: String {
    if isEmpty { return "" }
    var lines = differences.map(\.line)
    if let reordered {
      lines.append("order: the first entry at another position is \(printable(reordered))")
    }
    if segmentsDiffer {
      for total in totals {
        let shapes = total.segments.map {
          "\($0.compression.rawValue) \(grouped($0.size)) bytes, \(counted($0.entries, "entry", "entries"))"
        }
        lines.append("segments of \(printable(total.path.utf8)): \(shapes.joined(separator: "; "))")
      }
    }
    let sizes = totals.map {
      "\(grouped($0.size)) bytes with \(counted($0.entries, "entry", "entries")) of \(grouped($0.bytes))"
    }
    lines.append("image: \(sizes[0]) → \(sizes[1])")
    return lines.joined(separator: "\n")
  }

  /// The differences as JSON.
  var json: JSONValue {
    .document([
      ("equal", .bool(isEmpty)), ("images", .array(totals.map(\.json))),
      ("differences", .array(differences.map(\.json))),
      ("reordered", reordered.map(JSONValue.path) ?? .null),
      ("segmentsDiffer", .bool(segmentsDiffer)),
    ])
  }
}

extension ImageDiff.Difference {
  fileprivate var line: String {
    guard let before else { return "+ \(name(after))" }
    guard let after else { return "- \(name(before))" }
    let changes = aspects.map { "\($0.rawValue)\(Self.change($0, before, after))" }
    return "~ \(printable(path)): \(changes.joined(separator: ", "))"
  }

  private func name(_ side: ImageDiff.Side?) -> String {
    guard let side else { return printable(path) }
    let size =
      side.type == .regular
      ? " (\(counted(side.size, "byte", "bytes")))" : " (\(typeName(side.type)))"
    return (path.isEmpty ? "." : printable(path)) + size
  }

  private static func change(
    _ aspect: ImageDiff.Aspect, _ before: ImageDiff.Side, _ after: ImageDiff.Side
  ) -> String {
    func values(_ value: (ImageDiff.Side) -> String) -> String {
      " \(value(before)) → \(value(after))"
    }
    switch aspect {
    case .type: return values { typeName($0.type) }
    case .content: return before.type == .symlink ? values { printable($0.target) } : ""
    case .size: return values { grouped($0.size) }
    case .mode: return values { octal($0.mode) }
    case .owner: return values { "\($0.uid):\($0.gid)" }
    case .device: return values { "\($0.major):\($0.minor)" }
    case .time: return values { $0.modified.map(dateText) ?? "now" }
    case .links: return values { "\($0.links)" }
    }
  }

  fileprivate var json: JSONValue {
    .object([
      ("path", .path(path)),
      ("change", .string(before == nil ? "added" : after == nil ? "removed" : "changed")),
      ("aspects", .texts(aspects.map(\.rawValue))),
      ("before", before?.json ?? .null), ("after", after?.json ?? .null),
    ])
  }
}

extension ImageDiff.Side {
  fileprivate var json: JSONValue {
    .object(
      JSONValue.attributes(
        type: type, mode: mode, uid: uid, gid: gid, links: links, bytes: size, modified: modified,
        target: target, major: major, minor: minor) + [("sha256", .optional(digest?.description))])
  }
}

extension ImageDiff.Total {
  fileprivate var json: JSONValue {
    .object([
      ("image", .string(path)), ("bytes", .count(size)), ("entryCount", .count(entries)),
      ("unpackedBytes", .count(bytes)), ("segments", .array(segments.map { $0.json() })),
    ])
  }
}
