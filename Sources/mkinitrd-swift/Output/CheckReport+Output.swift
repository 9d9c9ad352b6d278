import InitrdKit

extension CheckReport {
  /// The report as text: a line for each finding, and the verdict.
  func text(image: String) -> String {
    var lines = findings.map { finding in
      var place = image
      if let segment = finding.segment { place += ": segment \(segment)" }
      if let offset = finding.offset {
        place += (finding.segment == nil ? ": byte " : ", byte ") + String(offset)
      }
      let kernels = finding.kernels.map { " (\($0))" } ?? ""
      return "\(place): \(finding.severity.rawValue)[\(finding.code.rawValue)]: \(finding.message)"
        + "\(kernels); \(finding.remedy)"
    }
    for (code, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let shown = findings.count { $0.code == code }
      if count > shown { lines.append("\(image): \(count - shown) more of \(code.rawValue)") }
    }
    lines.append("\(image): \(verdict)")
    return lines.joined(separator: "\n")
  }

  private var verdict: String {
    let errors = number(of: .error)
    let warnings = number(of: .warning)
    let read =
      counted(entries, "entry", "entries") + " in " + counted(segments.count, "segment", "segments")
    let warned = counted(warnings, "warning", "warnings")
    if errors == 0 { return "good: \(read)" + (warnings == 0 ? "" : ", \(warned)") }
    return "bad: \(counted(errors, "error", "errors")), \(warned); \(read) read"
  }

  private func number(of severity: Finding.Severity) -> Int {
    let shown = findings.count { $0.severity == severity }
    let more = counts.reduce(0) { sum, pair in
      pair.key.severity == severity
        ? sum + pair.value - findings.count { $0.code == pair.key } : sum
    }
    return shown + more
  }

  /// The report as JSON.
  func json(image: String) -> JSONValue {
    .document([
      ("image", .string(image)), ("good", .bool(isGood)), ("bytes", .count(bytes)),
      ("entryCount", .count(entries)), ("errorCount", .count(number(of: .error))),
      ("warningCount", .count(number(of: .warning))),
      ("segments", .array(segments.map { $0.json() })),
      ("findings", .array(findings.map { $0.json(image: image) })),
    ])
  }
}

extension Finding {
  /// The finding as JSON: a diagnostic, with its effect in the kernel.
  func json(image: String) -> JSONValue {
    let place = InitrdError.Location(file: image, offset: offset)
    return .object([
      ("severity", .string(severity.rawValue)), ("code", .string(code.rawValue)),
      ("message", .string(message)), ("place", place.json), ("remedy", .string(remedy)),
      ("effect", .string(effect.rawValue)), ("segment", .optional(segment)),
      ("path", path.map(JSONValue.path) ?? .null), ("kernels", .optional(kernels)),
    ])
  }
}
