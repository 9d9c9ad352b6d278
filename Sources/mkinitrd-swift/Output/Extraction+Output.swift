import InitrdKit

extension Extraction.Report {
  /// What was done, and what was not.
  func text(folder: String) -> String {
    var lines = lines(.dropped, "the kernel drops ")
    lines += self.lines(.incomplete, "error: not all of ")
    lines += self.lines(.refused, "error: can't extract ")
    if let count = counts[.notAskedFor] {
      lines.append(
        "\(grouped(count)) devices, fifos or sockets were not asked for; --devices makes them")
    }
    if setIDCleared > 0 {
      lines.append("\(grouped(setIDCleared)) set-id bits were not asked for; --set-id keeps them")
    }
    lines.append(
      "\(printable(folder.utf8)): \(grouped(entries)) \(entries == 1 ? "entry" : "entries"), \(grouped(bytes)) bytes"
    )
    return lines.joined(separator: "\n")
  }

  private func lines(_ kind: Remark.Kind, _ start: String) -> [String] {
    let shown = 20
    let named = remarks.filter { $0.kind == kind }.prefix(shown).map {
      "\(start)\(printable($0.path)): \($0.reason)"
    }
    let more = (counts[kind] ?? 0) - named.count
    return named + (more > 0 ? ["and \(grouped(more)) more"] : [])
  }
}
