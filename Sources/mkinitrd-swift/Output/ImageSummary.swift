import InitrdKit

/// What `inspect` shows of an image.
struct ImageSummary {
  let path: String
  let size: SizeReport
  var segments: [ImageReader.Segment] = []
  private var entries = 0
  private var counts: [FileType: Int] = [:]
  private var releases: Set<String> = []
  private var modules = (count: 0, bytes: UInt64(0))

  init(path: String, size: SizeReport) {
    self.path = path
    self.size = size
  }

  /// Counts one entry.
  mutating func add(_ entry: NewcReader.Entry) {
    entries += 1
    if let type = entry.header.type { counts[type, default: 0] += 1 }
    let parts = entry.name.split(separator: UInt8(ascii: "/"))
    guard let folder = parts.firstIndex(where: { $0.elementsEqual("modules".utf8) }),
      parts.prefix(folder).last?.elementsEqual("lib".utf8) == true, parts.count > folder + 2
    else { return }
    releases.insert(printable(parts[folder + 1]))
    if entry.header.type == .regular, isModule(parts[parts.count - 1]) {
      modules.count += 1
      modules.bytes += UInt64(entry.header.fileSize)
    }
  }

  private func isModule(_ name: ArraySlice<UInt8>) -> Bool {
    [".ko", ".ko.gz", ".ko.xz", ".ko.zst"].contains {
      name.reversed().starts(with: $0.utf8.reversed())
    }
  }

  private static let kinds: [(type: FileType, one: String, many: String)] = [
    (.regular, "file", "files"), (.directory, "directory", "directories"),
    (.symlink, "symbolic link", "symbolic links"),
    (.characterDevice, "character device", "character devices"),
    (.blockDevice, "block device", "block devices"), (.fifo, "fifo", "fifos"),
    (.socket, "socket", "sockets"),
  ]

  /// The summary for a person.
  var text: String {
    let kinds = Self.kinds.compactMap { kind in
      counts[kind.type].map { "\(grouped($0)) \($0 == 1 ? kind.one : kind.many)" }
    }
    var summary = Table()
    summary.add("size", "\(grouped(size.bytes)) bytes, \(size.kernelK)K as the kernel counts")
    summary.add(
      "entries", grouped(entries) + (kinds.isEmpty ? "" : ": ") + kinds.joined(separator: ", "))
    if modules.count > 0 {
      let kernels = releases.sorted().joined(separator: ", ")
      summary.add("modules", "\(modules.count), \(grouped(modules.bytes)) bytes, for \(kernels)")
    }
    var table = Table(rightAligned: [0, 1, 3, 4, 5])
    table.add("segment", "offset", "codec", "bytes", "unpacked", "entries")
    let shown = 50
    for (number, segment) in segments.prefix(shown).enumerated() {
      table.add(
        String(number), grouped(segment.offset), segment.compression.rawValue,
        grouped(segment.size),
        grouped(segment.unpackedSize), grouped(segment.entries))
    }
    let title = "\(printable(path.utf8)): \(size.comparison)"
    let more = segments.count > shown ? ["and \(grouped(segments.count - shown)) more"] : []
    return ([title, ""] + summary.lines() + [""] + table.lines() + more).joined(separator: "\n")
  }

  /// The summary for a program.
  var json: JSONValue {
    .object([
      ("path", .string(path)),
      ("size", size.json),
      ("entries", .integer(Int64(entries))),
      ("kernelReleases", .array(releases.sorted().map(JSONValue.string))),
      ("modules", .integer(Int64(modules.count))),
      ("moduleBytes", .integer(Int64(modules.bytes))),
      ("segments", .array(segments.map(\.json))),
    ])
  }
}

extension ImageReader.Segment {
  var json: JSONValue {
    .object([
      ("offset", .integer(Int64(offset))), ("compression", .string(compression.rawValue)),
      ("bytes", .integer(Int64(size))), ("unpackedBytes", .integer(Int64(unpackedSize))),
      ("entries", .integer(Int64(entries))),
    ])
  }
}
