import InitrdKit

extension BuildReport {
  /// The report for a person.
  var text: String {
    let target = [plan.kernelRelease.map { "kernel \($0)" }, plan.architecture?.rawValue]
      .compactMap { $0 }.joined(separator: ", ")
    var summary = Table()
    summary.add("image", "\(path)\(target.isEmpty ? "" : " for \(target)")")
    summary.add("size", "\(grouped(size.bytes)) bytes, \(size.kernelK)K as the kernel counts")
    summary.add("unpacked", "\(grouped(plan.archiveSize)) bytes in \(plan.entries.count) entries")
    summary.add("compression", compressionText)
    summary.add("SHA-256", hexadecimal(sha256))
    summary.add("time", "\(rounded(Double(nanoseconds) / 1e9, decimals: 2)) s")
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

  private var compressionText: String {
    let others = plan.archives.dropLast().map { "\($0.name): \($0.compressionText)" }
    let all = (others + [plan.main.compressionText]).joined(separator: "; ")
    guard plan.archives.contains(where: { $0.compression != .none }) else { return all }
    return all + ", \(rounded(ratio, decimals: 1)) times smaller than unpacked"
  }

  private var modulesTitle: String {
    let bytes = plan.modules.reduce(0) { $0 + UInt64($1.size) }
    let count = plan.modules.count
    return "\(count) module\(count == 1 ? "" : "s"), \(grouped(bytes)) bytes"
  }

  private var modulesTable: Table {
    var table = Table(rightAligned: [1])
    for module in plan.modules { table.add(module.name, grouped(module.size), module.reasons.text) }
    for name in plan.builtIn { table.add(name, "-", "built into the kernel") }
    return table
  }

  /// The report for a program.
  var json: JSONValue {
    .object([
      ("name", .string(plan.name)),
      ("path", .string(path)),
      ("architecture", plan.architecture.map { .string($0.rawValue) } ?? .null),
      ("kernelRelease", plan.kernelRelease.map(JSONValue.string) ?? .null),
      ("size", size.json),
      ("unpackedBytes", .integer(Int64(plan.archiveSize))),
      ("entries", .integer(Int64(plan.entries.count))),
      (
        "compression",
        .object([
          ("algorithm", .string(plan.main.compression.rawValue)),
          ("level", plan.main.compression == .none ? .null : .integer(Int64(plan.main.level))),
          ("ratio", .number(ratio)),
        ])
      ),
      ("segments", .array(plan.archives.map(\.json))),
      ("sha256", .string(hexadecimal(sha256))),
      ("seconds", .number(Double(nanoseconds) / 1e9)),
      ("modules", .array(plan.modules.map(\.json))),
      ("loadOrder", .array(plan.loadOrder.map(JSONValue.string))),
      ("builtIn", .array(plan.builtIn.map(JSONValue.string))),
      ("notes", .array(plan.notes.map { .string($0.message) })),
    ])
  }
}

extension PlannedArchive {
  /// How the archive is compressed.
  var compressionText: String {
    compression == .none ? "none" : "\(compression.rawValue) at level \(level)"
  }

  fileprivate var json: JSONValue {
    .object([
      ("name", .string(name)), ("compression", .string(compression.rawValue)),
      ("level", compression == .none ? .null : .integer(Int64(level))),
      ("entries", .integer(Int64(entries.count))),
    ])
  }
}

extension PlannedModule {
  fileprivate var json: JSONValue {
    .object([
      ("name", .string(name)), ("path", .string(path.description)),
      ("bytes", .integer(Int64(size))), ("reasons", .array(reasons.map(\.json))),
    ])
  }
}

extension SizeReport {
  /// The size and its comparison for a program.
  var json: JSONValue {
    .object([
      ("bytes", .integer(Int64(bytes))),
      ("kernelK", .integer(Int64(kernelK))),
      ("baselineK", baseline.map { .integer(Int64($0.kernelK)) } ?? .null),
      ("timesSmaller", factor.map(JSONValue.number) ?? .null),
      ("comparison", .string(comparison)),
    ])
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map(hexadecimal).joined() }
