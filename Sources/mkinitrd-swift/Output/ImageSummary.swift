import InitrdKit

/// The answer of `inspect`.
struct ImageSummary {
  let path: String
  let size: SizeReport
  let listing: ImageListing
  let contents: ImageInventory
  let check: CheckReport

  private static let kinds: [(type: FileType?, one: String, many: String)] = [
    (.regular, "file", "files"), (.directory, "directory", "directories"),
    (.symlink, "symbolic link", "symbolic links"),
    (.characterDevice, "character device", "character devices"),
    (.blockDevice, "block device", "block devices"), (.fifo, "fifo", "fifos"),
    (.socket, "socket", "sockets"), (nil, "of unknown type", "of unknown type"),
  ]

  /// The most lines of each list.
  private static let (shownSegments, shownEntries, shownFindings) = (16, 10, 10)

  /// The summary as text: about one screen.
  func text(columns: Int) -> String {
    let title = "\(printable(path.utf8)): \(size.comparison)"
    return
      ([title, ""] + overview + [""] + segmentLines + largestLines(columns: columns) + findingLines)
      .joined(separator: "\n")
  }

  private var overview: [String] {
    var summary = Table()
    summary.add("size", "\(grouped(size.bytes)) bytes, \(size.kernelK)K as the kernel counts")
    let kinds = Self.kinds.compactMap { kind in
      contents.types[kind.type].map { "\(grouped($0)) \($0 == 1 ? kind.one : kind.many)" }
    }
    let count = grouped(listing.entries.count)
    summary.add(
      "entries",
      ([count] + (kinds.isEmpty ? [] : [kinds.joined(separator: ", ")])).joined(separator: ": "))
    if let builder = contents.builder { summary.add("made by", builder) }
    var programs = contents.initProgram.map { ["/init is \(Self.described($0))"] } ?? []
    if contents.hasBusybox { programs.append("busybox") }
    if !programs.isEmpty { summary.add("programs", programs.joined(separator: ", ")) }
    if contents.modules.count > 0 || !contents.kernelReleases.isEmpty {
      summary.add(
        "modules",
        "\(contents.modules.count), \(grouped(contents.modules.bytes)) bytes"
          + (contents.kernelReleases.isEmpty
            ? "" : ", for " + contents.kernelReleases.joined(separator: ", ")))
    }
    if contents.firmware.count > 0 {
      summary.add(
        "firmware", "\(contents.firmware.count), \(grouped(contents.firmware.bytes)) bytes")
    }
    var early = contents.microcode.map { "\($0) microcode" }
    if contents.acpiTables > 0 { early.append("ACPI tables: \(contents.acpiTables)") }
    if !early.isEmpty { summary.add("early", early.joined(separator: ", ")) }
    if let bytes = listing.bootConfigurationSize {
      summary.add("bootconfig", "\(grouped(bytes)) bytes")
    }
    return summary.lines()
  }

  private static func described(_ program: String) -> String {
    if program == "ELF" { return "a program" }
    return program.hasPrefix("#!") ? "a script (\(program))" : program
  }

  private var segmentLines: [String] {
    var table = Table(rightAligned: [0, 1, 3, 4, 5])
    table.add("segment", "offset", "codec", "bytes", "uncompressed", "entries")
    let all = zip(listing.segments, listing.parameters)
    for (number, (segment, parameters)) in all.prefix(Self.shownSegments).enumerated() {
      table.add(
        String(number), grouped(segment.offset), segment.compression.rawValue,
        grouped(segment.size), grouped(segment.uncompressedSize), grouped(segment.entries),
        parameters)
    }
    let more = listing.segments.count - Self.shownSegments
    return table.lines() + (more > 0 ? ["and \(grouped(more)) more"] : [])
  }

  private func largestLines(columns: Int) -> [String] {
    let entries = listing.entries
    let largest = entries.indices
      .filter { entries[$0].header.fileSize > 0 && entries[$0].type == .regular }
      .sorted { entries[$0].isLarger(than: entries[$1]) }
      .prefix(Self.shownEntries).map { entries[$0] }
    guard let most = largest.first?.size else { return [] }
    let names = largest.map { printable($0.path) }
    let room = max(10, columns - 32)
    let width = min(room, names.map(\.count).max() ?? 0)
    // Two spaces before and between the columns.
    let bar = max(5, columns - width - grouped(most).count - 6)
    var table = Table(rightAligned: [1])
    for (entry, name) in zip(largest, names) {
      let blocks = max(1, Int(Double(entry.size) / Double(most) * Double(bar)))
      let shown = name.count > room ? "…" + name.suffix(room - 1) : name
      table.add(shown, grouped(entry.size), String(repeating: "█", count: blocks))
    }
    return ["", "largest"] + table.lines(indent: "  ")
  }

  private var findingLines: [String] {
    guard !check.findings.isEmpty else { return [] }
    let lines = check.findings.prefix(Self.shownFindings).map { finding in
      "  \(finding.severity.rawValue)[\(finding.code.rawValue)]: \(finding.message)"
    }
    let more =
      check.findings.count > lines.count ? ["  and more: see check for all of them"] : []
    return ["", "findings"] + lines + more
  }

  /// The summary as JSON.
  var json: JSONValue {
    .document(
      [
        ("image", .string(path)), ("size", size.json), ("builder", .optional(contents.builder)),
        ("init", .optional(contents.initProgram)), ("busybox", .bool(contents.hasBusybox)),
        ("kernelReleases", .texts(contents.kernelReleases)),
        ("moduleCount", .count(contents.modules.count)),
        ("moduleBytes", .count(contents.modules.bytes)),
        ("firmwareCount", .count(contents.firmware.count)),
        ("firmwareBytes", .count(contents.firmware.bytes)),
        ("microcode", .texts(contents.microcode)),
        ("acpiTableCount", .count(contents.acpiTables)),
        ("bootConfigBytes", .optional(listing.bootConfigurationSize)),
        ("segments", listing.segmentsJSON), ("good", .bool(check.isGood)),
        ("findings", .array(check.findings.map { $0.json(image: path) })),
        ("entries", listing.entriesJSON),
      ], diagnostics: listing.failure?.diagnostics ?? [])
  }
}

extension ImageListing {
  /// The segments as JSON.
  var segmentsJSON: JSONValue {
    .array(zip(segments, parameters).map { $0.json(parameters: $1) })
  }

  /// All entries as JSON.
  var entriesJSON: JSONValue { entriesJSON(Array(entries.indices)) }

  /// The entries with these numbers as JSON; each one is made when it is printed.
  func entriesJSON(_ numbers: [Int]) -> JSONValue {
    .made(numbers.count) { [entries] in entries[numbers[$0]].json }
  }
}

extension ImageSegment {
  /// The segment as JSON.
  func json(parameters: String? = nil) -> JSONValue {
    .segment(
      offset: offset, compression: compression, parameters: parameters, bytes: size,
      unpackedBytes: uncompressedSize, entryCount: entries)
  }
}
