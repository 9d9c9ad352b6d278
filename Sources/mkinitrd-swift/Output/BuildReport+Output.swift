import InitrdKit
import SystemPackage

extension BuildReport {
  /// The report as text.
  var text: String {
    let target = [plan.kernelRelease.map { "kernel \($0)" }, plan.architecture?.rawValue]
      .compactMap { $0 }.joined(separator: ", ")
    var summary = Table()
    summary.add(
      "image", "\(path?.string ?? "standard output")\(target.isEmpty ? "" : " for \(target)")")
    summary.add("size", "\(grouped(size.bytes)) bytes, \(size.kernelK)K as the kernel counts")
    summary.add(
      "uncompressed",
      counted(plan.archiveSize, "byte", "bytes") + " in "
        + counted(plan.entries.count, "entry", "entries"))
    summary.add("contents", plan.contentsText)
    summary.add("compression", compressionText)
    summary.add("SHA-256", sha256.description)
    summary.add("time", "\(rounded(seconds, decimals: 2)) s")
    var lines = ["\(plan.name): \(size.comparison)", ""] + summary.lines()
    if !plan.modules.isEmpty || !plan.builtIn.isEmpty {
      lines += ["", modulesTitle] + modulesTable.lines(indent: "  ")
    }
    if !plan.loadOrder.isEmpty {
      lines += ["", "loaded in this order: " + plan.loadOrder.joined(separator: " ")]
    }
    lines += plan.notes.isEmpty ? [] : [""] + plan.notes.map(\.description)
    return lines.joined(separator: "\n")
  }

  private var seconds: Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  private var compressionText: String {
    let others = plan.archives.dropLast().map { "\($0.name): \($0.compressionText)" }
    let all = (others + [plan.main.compressionText]).joined(separator: "; ")
    guard plan.archives.contains(where: { $0.compression != .uncompressed }) else { return all }
    return all + ", \(rounded(ratio, decimals: 1)) times smaller than uncompressed"
  }

  private var modulesTitle: String {
    let bytes = plan.modules.reduce(0) { $0 + UInt64($1.size) }
    return counted(plan.modules.count, "module", "modules") + ", "
      + counted(bytes, "byte", "bytes")
  }

  private var modulesTable: Table {
    var table = Table(rightAligned: [1])
    for module in plan.modules { table.add(module.name, grouped(module.size), module.reasons.text) }
    for name in plan.builtIn { table.add(name, "-", "built into the kernel") }
    return table
  }

  /// The report as JSON.
  var json: JSONValue {
    let segments = zip(plan.archives, self.segments).map { archive, written in
      archive.json(offset: written.offset, bytes: written.bytes)
    }
    return .document(
      [
        ("name", .string(plan.name)), ("image", .optional(path?.string)),
        ("architecture", .optional(plan.architecture?.rawValue)),
        ("kernelRelease", .optional(plan.kernelRelease)), ("size", size.json),
        ("unpackedBytes", .count(plan.archiveSize)), ("entryCount", .count(plan.entries.count)),
        ("kinds", .array(plan.sizesByKind.map(\.json))), ("ratio", .number(ratio)),
        ("segments", .array(segments)),
        ("sha256", .string(sha256.description)), ("seconds", .number(seconds)),
        ("modules", .array(plan.modules.map(\.json))), ("loadOrder", .texts(plan.loadOrder)),
        ("builtIn", .texts(plan.builtIn)),
      ], diagnostics: plan.notes)
  }
}

extension Plan {
  /// The sizes by kind in one line, the largest first.
  fileprivate var contentsText: String {
    sizesByKind.sorted { $0.bytes > $1.bytes }.filter { $0.bytes > 0 }
      .map { "\($0.kind.rawValue) \(grouped($0.bytes))" }.joined(separator: ", ")
  }
}

extension Plan.KindSize {
  /// The group for a program.
  fileprivate var json: JSONValue {
    .object([
      ("kind", .string(kind.rawValue)), ("entryCount", .count(entries)), ("bytes", .count(bytes)),
    ])
  }
}

extension PlannedArchive {
  /// The compression and its level.
  var compressionText: String {
    compression == .uncompressed ? "none" : "\(compression.rawValue) at level \(level)"
  }

  /// The archive as JSON; its place and size are `nil` before the image is written.
  func json(offset: UInt64? = nil, bytes: UInt64? = nil) -> JSONValue {
    .segment(
      name: name, offset: offset, compression: compression,
      level: compression == .uncompressed ? nil : level, bytes: bytes,
      unpackedBytes: size(offset: 0),
      entryCount: entries.count)
  }
}

extension PlannedModule {
  /// The module as JSON.
  var json: JSONValue {
    .object([
      ("name", .string(name)), ("path", .path(path.bytes)), ("bytes", .count(size)),
      ("reasons", .reasons(reasons)),
    ])
  }
}

extension SizeReport {
  /// The size and its comparison as JSON.
  var json: JSONValue {
    .object([
      ("bytes", .count(bytes)), ("kernelK", .count(kernelK)),
      ("baselineK", .optional(baseline?.kernelK)),
      ("timesSmaller", factor.map(JSONValue.number) ?? .null),
      ("comparison", .string(comparison)),
    ])
  }
}
