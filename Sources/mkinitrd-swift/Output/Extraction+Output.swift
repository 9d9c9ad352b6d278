import InitrdKit

extension ExtractReport {
  /// The report as text: the entries that were not extracted, and a summary.
  func text(folder: String) -> String {
    var lines = lines(.dropped, "the kernel drops ")
    lines += self.lines(.incomplete, "error: incomplete file ")
    lines += self.lines(.refused, "error: can't extract ")
    if let count = counts[.notAskedFor] {
      let what = counted(count, "device, fifo or socket", "devices, fifos or sockets")
      lines.append("Skipped \(what) (use --devices)")
    }
    if setIDCleared > 0 {
      let what = counted(setIDCleared, "set-id bit", "set-id bits")
      lines.append("Cleared \(what) (use --set-id)")
    }
    let made = [counted(entries, "entry", "entries"), counted(bytes, "byte", "bytes")]
    lines.append("\(printable(folder.utf8)): \(made.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }

  /// The report as JSON.
  func json(image: String, directory: String) -> JSONValue {
    func count(_ kind: ExtractRemark.Kind) -> JSONValue { .count(counts[kind] ?? 0) }
    return .document(
      [
        ("image", .string(image)), ("directory", .string(directory)),
        ("entryCount", .count(entries)), ("bytes", .count(bytes)),
        ("droppedCount", count(.dropped)), ("incompleteCount", count(.incomplete)),
        ("refusedCount", count(.refused)), ("skippedCount", count(.notAskedFor)),
        ("setIDClearedCount", .count(setIDCleared)),
        ("remarks", .array(remarks.map(\.json))),
      ], diagnostics: failure?.diagnostics ?? [])
  }

  private func lines(_ kind: ExtractRemark.Kind, _ start: String) -> [String] {
    let shown = 20
    let named = remarks.filter { $0.kind == kind }.prefix(shown).map {
      "\(start)\(printable($0.path)): \($0.reason)"
    }
    let more = (counts[kind] ?? 0) - named.count
    return named + (more > 0 ? ["and \(grouped(more)) more"] : [])
  }
}

extension ExtractRemark {
  fileprivate var json: JSONValue {
    let kind =
      switch kind {
      case .dropped: "dropped"
      case .notAskedFor: "skipped"
      case .incomplete: "incomplete"
      case .refused: "refused"
      }
    return .object([
      ("kind", .string(kind)), ("path", .path(path)), ("message", .string(reason)),
    ])
  }
}
